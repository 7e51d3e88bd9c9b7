import BerthBot
import BerthConfig
import BerthHTTP
import BerthLoop
import BerthMemory
import BerthTestKit
import BerthText
import BerthWork
import Testing

/// The requests, readers and login attempts that one tenant, turn or address may have.
@Suite(.loop, .timeLimit(.minutes(20))) struct AdmissionTests {
    private static let question = #"{"model":"hand/m","messages":[{"role":"user","content":"hi"}]}"#

    /// Begins a turn of `ann` over HTTP.
    @Loop private func begin(
        _ bot: BotFixture,
        _ caller: BotFixture.Caller
    ) async throws -> (reader: EventReader, id: String) {
        let answer = try await bot.ask("POST", "/web/sessions", "{}", as: caller)
        let session = try #require(answer.object?.string("id"))
        let body = Array(#"{"text":"hi"}"#.utf8)
        let reader = try await EventReader(
            bot.send("POST", "/web/sessions/\(session)/turns", body, as: caller)
        )
        return (reader, try #require(try await reader.next()?.object?.string("id")))
    }

    @Loop @Test func `readers of a turn are leased, or refused in words`() async throws {
        let setup = Setup { $0.quotas.memory = .mebibytes(1) }
        try await withBot(setup) { bot in
            let ann = try await bot.login(bot.ann)
            let (reader, id) = try await begin(bot, ann)
            let call = try await bot.hand.call()
            call.say("one ")
            var readers: [EventReader] = []
            var refusal: Answer?
            while refusal == nil, readers.count < 100 {
                let response = try await bot.send("GET", "/web/turns/\(id)/events", as: ann)
                if response.status == 200 {
                    readers.append(EventReader(response))
                } else {
                    refusal = try await Answer(response)
                }
            }
            let refused = try #require(refusal)
            #expect([413, 429, 503].contains(refused.status))
            #expect(refused.error?.string("message")?.contains("1 MiB") == true)
            let held = bot.ann.account.held
            #expect(held >= ByteCount(readers.count * Ask.listenerSize.bytes))
            #expect(held <= .mebibytes(1))
            // A reader that leaves makes room for another one.
            readers.removeFirst().leave()
            #expect(await eventually { bot.ann.account.held < held })
            let next = try await bot.send("GET", "/web/turns/\(id)/events", as: ann)
            #expect(next.status == 200)
            // The readers that were let in, and the author, miss nothing.
            call.finish()
            #expect(try await reader.rest().last?.object?.string("state") == "done")
            for reader in readers {
                #expect(try await reader.rest().map(\.event) == ["turn", "delta", "done"])
            }
        }
    }

    @Loop @Test func `the author of an accepted turn reads it without free memory`() async throws {
        try await withBot { bot in
            let ann = try await bot.login(bot.ann)
            let (first, id) = try await begin(bot, ann)
            let call = try await bot.hand.call()
            call.say("hi")
            call.finish()
            #expect(try await first.rest().last?.object?.string("state") == "done")
            let (reader, _) = try await begin(bot, ann)
            let second = try await bot.hand.call()
            let free = ByteCount(bot.ann.quotas.memory.bytes - bot.ann.account.held.bytes)
            let lease = try bot.ann.account.lease(free, for: .requestBody)
            let other = try await bot.ask("GET", "/web/turns/\(id)/events", as: ann)
            #expect([413, 429, 503].contains(other.status))
            second.say("hi")
            second.finish()
            #expect(try await reader.rest().last?.event == "done")
            _ = consume lease
        }
    }

    @Loop @Test func `the requests of one tenant are bounded, over all its connections`()
        async throws
    {
        let setup = Setup { $0.limits.connectionsPerTenant = 3 }
        try await withBot(setup) { bot in
            let ann = try await bot.login(bot.ann)
            let (reader, id) = try await begin(bot, ann)
            let second = try await EventReader(bot.send("GET", "/web/turns/\(id)/events", as: ann))
            #expect(second.response.status == 200)
            let third = try await EventReader(bot.send("GET", "/web/turns/\(id)/events", as: ann))
            for path in ["/web/me", "/web/turns/\(id)/events"] {
                let refused = try await bot.ask("GET", path, as: ann)
                #expect(refused.status == 429)
                #expect(refused.error?.string("code") == "too_many_requests")
                #expect(refused.headers["retry-after"] != nil)
            }
            let chat = try await bot.chat(AdmissionTests.question)
            #expect(chat.status == 429)
            #expect(chat.error?.string("type") == "rate_limit_error")
            #expect(try await bot.ask("GET", "/v1/models", as: .key(bot.key)).status == 429)
            // Another tenant is served.
            let (_, key) = try await bot.bot.tenants.add("bob")
            #expect(try await bot.ask("GET", "/v1/models", as: .key(key.text)).status == 200)
            // The end of a request makes room, whether its client left or has its answer.
            third.leave()
            #expect(await eventually { bot.ann.openRequests == 2 })
            #expect(try await bot.ask("GET", "/web/me", as: ann).status == 200)
            try await bot.hand.call().finish()
            _ = try await reader.rest()
            _ = try await second.rest()
            #expect(await eventually { bot.ann.openRequests == 0 })
        }
    }

    // MARK: Addresses

    @Loop @Test func `valid links count no try of their address`() async throws {
        try await withBot { bot in
            for _ in 0..<30 { _ = try await bot.login(bot.ann) }
            for _ in 0..<9 { #expect(try await bot.login(token: "wrong").status == 403) }
            _ = try await bot.login(bot.ann)
            #expect(try await bot.login(token: "wrong").status == 403)
            #expect(try await bot.login(token: "wrong").status == 429)
        }
    }

    @Loop @Test(arguments: ["X-Forwarded-For", "Forwarded"])
    func `behind a trusted proxy each client has tries of its own`(name: String) async throws {
        let setup = Setup { $0.trustedProxies = ["127.0.0.1"] }
        try await withBot(setup) { bot in
            let field = { (address: String) in
                [(name, name == "Forwarded" ? "for=\"[\(address)]:80\"" : "6.6.6.6, \(address)")]
            }
            for _ in 0..<10 {
                let answer = try await bot.login(token: "wrong", field("2001:db8::1"))
                #expect(answer.status == 403)
            }
            #expect(try await bot.login(token: "wrong", field("2001:db8::1")).status == 429)
            #expect(try await bot.login(token: "wrong", field("2001:db8::2")).status == 403)
            #expect(try await bot.login(token: "wrong").status == 403)
        }
    }

    @Loop @Test func `without a trusted proxy the field changes nothing`() async throws {
        try await withBot { bot in
            for number in 0..<10 {
                let field = [("X-Forwarded-For", "192.0.2.\(number)")]
                let answer = try await bot.login(token: "wrong", field)
                #expect(answer.status == 403)
            }
            let field = [("X-Forwarded-For", "192.0.2.99")]
            let answer = try await bot.login(token: "wrong", field)
            #expect(answer.status == 429)
        }
    }

    // MARK: Paths

    @Loop
    @Test(arguments: [
        "//metrics", "/metrics/", "/./metrics", "/x/../metrics", "/admin/../metrics", "/%6detrics",
        "/%2fmetrics", "/metrics%2f", "//healthz", "/./healthz", "/healthz/", "/web//me",
        "/web/me/", "/web%2Fme", "/v1//models", "/v1/models/", "/v1/./models", "//",
    ])
    func `another spelling of a path is 404`(path: String) async throws {
        try await withBot { bot in
            let client = try RawClient(port: bot.server.port)
            let answer = try await client.ask(
                "GET \(path) HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer \(bot.key)\r\n\r\n"
            )
            #expect(answer.status == 404)
            client.close()
        }
    }
}
