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

@Suite(.loop, .timeLimit(.minutes(20))) struct AccessTests {
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
            let names = [bot.key, second.text].map { tenants.credential(ofKey: $0)?.tenant.name }
            #expect(names == ["ann", "ann"])
            let strangers = ["", "berth-", bot.key + "a", String(bot.key.dropLast())]
            let found = strangers.compactMap { tenants.credential(ofKey: $0) }.count
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
            let owner = access.credential(ofCookie: cookie)?.tenant.name
            #expect(owner == "ann")
            bot.clock.advance(by: .seconds(1))
            let late = access.credential(ofCookie: cookie)?.tenant.name
            #expect(late == nil)
            let other = try bot.token(of: try await access.link(for: bot.ann))
            let second = try #require(try await access.login(token: other))
            try await access.logout(cookie: second)
            let left = access.credential(ofCookie: second)?.tenant.name
            #expect(left == nil)
        }
    }

    /// Logins of bob from an earlier run: one in force, one revoked, one expired.
    private static let addLogins: Preparation = { store async throws(StoreError) in
        let start = Timestamp(milliseconds: 0)
        let bob = try await store.addTenant(named: "bob", at: start)
        for (name, days) in [("kept", 90), ("revoked", 90), ("expired", 0)] {
            let link = Secret256.hash("link of \(name)")
            let later = start + .seconds(1)
            try await store.addLink(for: .tenant(bob.id), hash: link, at: start, expires: later)
            _ = try await store.useLink(
                link,
                for: Secret256.hash(name),
                on: "",
                at: start,
                expires: Timestamp(milliseconds: 1_760_000_000_000) + .seconds(86_400 * days)
            )
        }
        try await store.revokeLogin(hash: Secret256.hash("revoked"), at: start)
    }

    @Loop @Test func `logins of an earlier run are known, those that are over are not`()
        async throws
    {
        try await withBot(prepare: Self.addLogins) { bot in
            let names = ["kept", "revoked", "expired", "unknown"].map {
                bot.bot.access.credential(ofCookie: $0)?.tenant.name
            }
            #expect(names == ["bob", nil, nil, nil])
        }
    }

    @Loop @Test func `a cookie and a key are known without the database`() async throws {
        try await withBot { bot in
            let ann = try await bot.login(bot.ann)
            await bot.store.close()
            #expect(try await bot.ask("GET", "/web/me", as: ann).status == 200)
            #expect(try await bot.ask("GET", "/v1/models", as: .key(bot.key)).status == 200)
        }
    }

    @Loop @Test func `a tenant's sixty-fifth login ends its oldest, also after a restart`()
        async throws
    {
        try await withBot { bot in
            let access = bot.bot.access
            var cookies: [String] = []
            for _ in 0...Database.loginsAtMost {
                let token = try bot.token(of: try await access.link(for: bot.ann))
                cookies.append(try #require(try await access.login(token: token)))
            }
            let known = cookies.map { access.credential(ofCookie: $0) != nil }
            #expect(known == [false] + Array(repeating: true, count: Database.loginsAtMost))
            let stored = try await bot.store.logins(at: bot.clock.timestamp).map(\.hash)
            #expect(stored == cookies.dropFirst().map { Secret256.hash($0) })
        }
    }

    @Loop @Test func `a change that the database refuses changes nothing in memory`() async throws {
        try await withBot { bot in
            let access = bot.bot.access
            let token = try bot.token(of: try await access.link(for: bot.ann))
            let cookie = try #require(try await access.login(token: token))
            await bot.store.close()
            let refusals = await [
                bot.failure { try await access.logout(cookie: cookie) },
                bot.failure { _ = try await access.logout(bot.ann) },
                bot.failure { _ = try await bot.bot.tenants.revokeKeys(of: bot.ann) },
                bot.failure { _ = try await bot.bot.tenants.revoke(bot.key, of: bot.ann) },
            ]
            #expect(refusals.map { $0?.name } == Array(repeating: "store", count: 4))
            let isKnown = access.credential(ofCookie: cookie) != nil
            let hasKey = bot.bot.tenants.credential(ofKey: bot.key) != nil
            #expect(isKnown && hasKey)
        }
    }

    /// Keys of bob, two of them with the same hint.
    private static let addKeys: Preparation = { store async throws(StoreError) in
        let start = Timestamp(milliseconds: 0)
        let bob = try await store.addTenant(named: "bob", at: start)
        for (key, hint) in [("a", "same00"), ("b", "same00"), ("c", "other0")] {
            let draft = APIKeyDraft(hash: Secret256.hash(key), hint: hint)
            _ = try await store.addKey(draft, for: bob.id, at: start)
        }
    }

    @Loop @Test func `a key is revoked by its hint or as a whole, never by a guess`() async throws {
        try await withBot(prepare: Self.addKeys) { bot in
            let tenants = bot.bot.tenants
            let bob = try tenants.named("bob")
            let guesses = ["same00", "berth-same00", "same", "", "berth-", bot.key, "no such"]
            for guess in guesses {
                let refusal = await bot.failure { _ = try await tenants.revoke(guess, of: bob) }
                #expect(refusal?.name == "badValue")
                #expect(refusal?.description.contains(bot.key) == false)
            }
            #expect(try await tenants.revoke("b", of: bob).hint == "same00")
            #expect(try await tenants.revoke("berth-same00", of: bob).hash == Secret256.hash("a"))
            #expect(try await tenants.revoke("other0", of: bob).hint == "other0")
            let left = tenants.keys(of: bob)
            #expect(left == [])
            let annas = tenants.keys(of: bot.ann).count
            #expect(annas == 1)
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
