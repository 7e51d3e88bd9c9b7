import BerthBot
import BerthConfig
import BerthHTTP
import BerthLoop
import BerthMemory
import BerthProviders
import BerthTestKit
import BerthText
import BerthWork
import Testing

/// Requests that wait for their memory, and a tenant that asks for all of it.
@Suite(.loop, .timeLimit(.minutes(20))) struct MemoryDoorTests {
    private static let setup = Setup { $0.memory.limit = .mebibytes(8) }
    private static let question = #"{"model":"hand/m","messages":[{"role":"user","content":"hi"}]}"#

    @Loop @Test func `a request waits in line for its memory and holds nothing meanwhile`()
        async throws
    {
        try await withBot(Self.setup) { bot in
            let hog = try Hog(bot)
            let (pool, answers) = (TaskPool(), Mailbox<Answer>())
            pool.spawn {
                if let answer = try? await bot.chat(Self.question) { answers.put(answer) }
            }
            #expect(await eventually { bot.budget.standing.waiting == 1 })
            #expect(bot.ann.account.held == .zero)
            hog.leave()
            let call = try await bot.hand.call()
            call.answer(.json(CompletionJSON.completion(text: "yes", finish: "stop", usage: .some)))
            #expect(try await answers.next("the answer").status == 200)
            await pool.drain()
        }
    }

    @Loop @Test func `who has waited ten seconds in vain is refused in words`() async throws {
        try await withBot(Self.setup) { bot in
            let hog = try Hog(bot)
            let (pool, answers) = (TaskPool(), Mailbox<Answer>())
            for path in ["/v1/chat/completions", "/terminal/sessions/none/turns"] {
                let body = path.hasPrefix("/v1") ? Self.question : #"{"text":"hi"}"#
                pool.spawn {
                    let answer = try? await bot.ask("POST", path, body, as: .key(bot.key))
                    if let answer { answers.put(answer) }
                }
            }
            #expect(await eventually { bot.budget.standing.waiting == 2 })
            bot.clock.advance(by: .seconds(10))
            for _ in 0..<2 {
                let answer = try await answers.next("a refusal")
                #expect(answer.status == 429)
                #expect(answer.error?.string("code") == "memory_exhausted")
                #expect(answer.headers["retry-after"] == "2")
            }
            hog.leave()
            await pool.drain()
        }
    }

    @Loop @Test func `a client that leaves gives up its place`() async throws {
        try await withBot(Self.setup) { bot in
            let hog = try Hog(bot)
            do {
                let client = try RawClient(port: bot.server.port)
                try await client.send(
                    "POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                        + "Authorization: Bearer \(bot.key)\r\nContent-Length: 100000\r\n\r\n{"
                )
                #expect(await eventually { bot.budget.standing.waiting == 1 })
            }
            #expect(await eventually { bot.budget.standing.waiting == 0 })
            #expect(await eventually { bot.server.openConnections == 0 })
            #expect(bot.ann.account.held == .zero && bot.hand.received == 0)
            hog.leave()
        }
    }

    @Loop @Test func `a chunked body does not wait, and too large a one is not paid for`()
        async throws
    {
        let setup = Setup {
            $0.memory.limit = .mebibytes(8)
            $0.limits.body = .kibibytes(64)
        }
        try await withBot(setup) { bot in
            let hog = try Hog(bot)
            let head =
                "POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                + "Authorization: Bearer \(bot.key)\r\n"
            let chunked = try RawClient(port: bot.server.port)
            let refused = try await chunked.ask(
                head + "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
            )
            #expect(refused.status == 429 && refused.text.contains("for a request body"))
            let large = try RawClient(port: bot.server.port)
            #expect(try await large.ask(head + "Content-Length: 65537\r\n\r\n").status == 413)
            #expect(bot.ann.account.peak == .zero && bot.budget.standing.waiting == 0)
            hog.leave()
            let whole = try RawClient(port: bot.server.port)
            let told = try await whole.ask(
                head + "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
            )
            #expect(told.status == 400)  // it was read, and is not JSON
        }
    }

    @Loop @Test func `a chunked body takes nothing of what is kept for those within their share`()
        async throws
    {
        try await withBot(Setup { $0.memory.limit = .mebibytes(2) }) { bot in
            for number in 1...7 { _ = try await bot.bot.tenants.add("other\(number)") }
            let account = bot.budget.sharedAccount("hog", quota: .mebibytes(2))
            var lease = account.nothing(for: .cacheEntry)
            try lease.extend(by: .mebibytes(1))
            let client = try RawClient(port: bot.server.port)
            let chunk = String(repeating: "a", count: 64 << 10)
            let refused = try await client.ask(
                "POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                    + "Authorization: Bearer \(bot.key)\r\nTransfer-Encoding: chunked\r\n\r\n"
                    + String(repeating: "10000\r\n\(chunk)\r\n", count: 10) + "0\r\n\r\n"
            )
            #expect(refused.status == 429 && refused.text.contains("for a request body"))
            #expect(bot.ann.account.peak <= .kibibytes(512))
            lease.shrink(to: .zero)
        }
    }

    @Loop @Test func `one who sends the largest bodies forty at a time keeps nobody else waiting`()
        async throws
    {
        let setup = Setup {
            $0.memory.limit = .mebibytes(64)
            $0.quotas.memory = .mebibytes(2)
            $0.quotas.tokensPerDay = 1 << 40
            $0.limits.body = .kibibytes(256)
        }
        try await withBot(setup) { bot in
            let (bob, key) = try await bot.bot.tenants.add("bob")
            let start = #"{"model":"fake/plain","messages":[{"role":"user","content":""#
            let padding = String(repeating: "a", count: 256 << 10 - start.utf8.count - 4)
            let greedy = start + padding + #""}]}"#
            let (pool, answers) = (TaskPool(), Mailbox<Answer>())
            for _ in 0..<40 {
                pool.spawn { if let answer = try? await bot.chat(greedy) { answers.put(answer) } }
            }
            #expect(await eventually { bot.budget.standing.waiting > 8 })
            for _ in 0..<10 {
                let answer = try await bot.ask(
                    "POST",
                    "/v1/chat/completions",
                    #"{"model":"fake/plain","messages":[{"role":"user","content":"hi"}]}"#,
                    as: .key(key.text)
                )
                #expect(answer.status == 200)
            }
            bot.clock.advance(by: .seconds(10))
            var statuses: Set<Int> = []
            for _ in 0..<40 {
                let answer = try await answers.next("one of forty answers")
                statuses.insert(answer.status)
                if answer.status == 429 { #expect(answer.text.contains("this needs")) }
            }
            #expect(statuses.isSubset(of: [200, 429]))
            await pool.drain()
            #expect(bot.ann.account.peak <= .mebibytes(2))
            #expect(bob.account.peak > .zero)
        }
    }
}

/// Leases all free memory, and gives it back.
@Loop private final class Hog {
    private var lease: MemoryLease

    init(_ bot: BotFixture) throws {
        let account = bot.budget.sharedAccount("hog", quota: bot.budget.limit)
        lease = account.nothing(for: .cacheEntry)
        try lease.extend(by: bot.budget.standing.free)
    }

    func leave() { lease.shrink(to: .zero) }
}

extension TokenUsage {
    fileprivate static var some: TokenUsage { TokenUsage(input: 1, output: 1, isEstimated: false) }
}
