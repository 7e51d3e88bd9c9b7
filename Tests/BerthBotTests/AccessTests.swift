import BerthBot
import BerthConfig
import BerthHTTP
import BerthLoop
import BerthMemory
import BerthProviders
import BerthStore
import BerthTelemetry
import BerthTestKit
import BerthText
import BerthWork
import Testing

@Suite(.loop, .timeLimit(.minutes(5))) struct AccessTests {
    @Loop @Test func `secrets are 256 random bits, and only their hash is compared`() {
        let entropy = Entropy()
        let secrets = (0..<100).map { _ in Secret256(prefix: "berth-", from: entropy) }
        #expect(Set(secrets.map(\.text)).count == 100)
        #expect(secrets.allSatisfy { $0.text.count == 49 && $0.text.hasPrefix("berth-") })
        #expect(
            Secret256.hash("abc").hex
                == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        )
        #expect(Secret256.isSame([1, 2], [1, 2]))
        #expect(!Secret256.isSame([1, 2], [1, 3]) && !Secret256.isSame([1], [1, 2]))
        #expect(Secret256.publicID(from: entropy).count == 16)
    }

    @Loop @Test func `keys are known, others are not`() async throws {
        try await withBot { bot in
            let tenants = bot.bot.tenants
            let second = try await tenants.addKey(to: bot.ann)
            let names = [bot.key, second.text].map { tenants.holder(ofKey: $0)?.name }
            #expect(names == ["ann", "ann"])
            let strangers = ["", "berth-", bot.key + "a", String(bot.key.dropLast())]
            let found = strangers.compactMap { tenants.holder(ofKey: $0) }.count
            #expect(found == 0)
        }
    }

    @Loop @Test(arguments: ["", "Ann", "a b", "ä", "a/b", String(repeating: "a", count: 33)])
    func `a tenant's name is plain`(name: String) async throws {
        try await withBot { bot in
            let refusal = await bot.failure { _ = try await bot.bot.tenants.add(name) }
            #expect(refusal?.name == "badName")
        }
    }

    @Loop @Test func `names are taken once and tenants limited, however they race`() async throws {
        try await withBot(Setup { $0.limits.tenants = 3 }) { bot in
            let taken = await bot.failure { _ = try await bot.bot.tenants.add("ann") }
            #expect(taken?.name == "nameTaken")
            let outcomes = Mailbox<String>()
            let pool = TaskPool()
            for name in ["b", "c", "d", "e"] {
                pool.spawn {
                    let refusal = await bot.failure { _ = try await bot.bot.tenants.add(name) }
                    outcomes.put(refusal?.name ?? "added")
                }
            }
            var all: [String] = []
            for _ in 0..<4 { all.append(try await outcomes.next("an answer to each")) }
            #expect(all.sorted() == ["added", "added", "tooManyTenants", "tooManyTenants"])
            let count = bot.bot.tenants.all.count
            #expect(count == 3)
        }
    }

    @Loop @Test func `a link works once, within a day`() async throws {
        try await withBot { bot in
            let access = bot.bot.access
            let first = try bot.token(of: try await access.link(for: bot.ann))
            let second = try bot.token(of: try await access.link(for: bot.ann))
            #expect(try await access.login(token: first) != nil)
            #expect(try await access.login(token: first) == nil)
            bot.clock.advance(by: .seconds(86_400))
            #expect(try await access.login(token: second) == nil)
            #expect(try await access.login(token: "") == nil)
        }
    }

    @Loop @Test func `a cookie works 90 days, or until it is logged out`() async throws {
        try await withBot { bot in
            let access = bot.bot.access
            let token = try bot.token(of: try await access.link(for: bot.ann))
            let cookie = try #require(try await access.login(token: token))
            bot.clock.advance(by: .seconds(90 * 86_400 - 1))
            let owner = try await access.tenant(cookie: cookie)?.name
            #expect(owner == "ann")
            bot.clock.advance(by: .seconds(1))
            let late = try await access.tenant(cookie: cookie)?.name
            #expect(late == nil)
            let other = try bot.token(of: try await access.link(for: bot.ann))
            let second = try #require(try await access.login(token: other))
            try await access.logout(cookie: second)
            let left = try await access.tenant(cookie: second)?.name
            #expect(left == nil)
        }
    }

    @Loop @Test func `two changes of a quota at once both hold`() async throws {
        try await withBot { bot in
            let changes: [@Sendable (inout TenantQuotas) -> Void] = [
                { $0.requestsPerDay = 5 }, { $0.tokensPerDay = 6 }, { $0.files = 7 },
            ]
            let done = Mailbox<Bool>()
            let pool = TaskPool()
            for change in changes {
                pool.spawn {
                    let failure = await bot.failure {
                        try await bot.bot.tenants.changeQuotas(of: bot.ann, change)
                    }
                    done.put(failure == nil)
                }
            }
            for _ in changes {
                let isDone = try await done.next("each change")
                #expect(isDone)
            }
            let quotas = bot.ann.quotas
            #expect((quotas.requestsPerDay, quotas.tokensPerDay, quotas.files) == (5, 6, 7))
        }
    }
}
