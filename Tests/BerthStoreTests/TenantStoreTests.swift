import BerthLoop
import BerthStore
import BerthTestKit
import Testing

@Suite(.loop) struct TenantStoreTests {
    private let noon = StoreFixture.noon

    @Loop @Test(arguments: StoreEngine.allCases)
    func `a name belongs to one tenant until that one is removed`(engine: StoreEngine) async throws
    {
        let fixture = try await StoreFixture(engine)
        let (store, ann) = (fixture.store, fixture.tenant.id)
        await #expect(throws: StoreError.nameTaken("ann")) {
            _ = try await store.addTenant(named: "ann", at: noon)
        }
        _ = try await store.removeTenant(ann)
        let again = try await store.addTenant(named: "ann", at: noon).id
        #expect(again != ann)
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `of two tenants of one name that are added at once, one is added`(
        engine: StoreEngine
    ) async throws {
        let fixture = try await StoreFixture(engine)
        let (store, noon) = (fixture.store, noon)
        let results = try await race { _ async throws(StoreError) in
            try await store.addTenant(named: "bob", at: noon)
        }
        let added = results.filter { if case .success = $0 { true } else { false } }
        #expect(added.count == 1)
        #expect(try await store.tenants().map(\.name) == ["ann", "bob"])
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `a tenant is added with its first key or not at all`(engine: StoreEngine) async throws {
        let store = try await StoreFixture(engine).store
        let key = APIKeyDraft(hash: hash(1), hint: "abcdef")
        let bob = try await store.addTenant(named: "bob", key: key, at: noon)
        #expect(bob.key.tenant == bob.tenant.id && bob.key.hint == "abcdef")
        await #expect(throws: StoreError.self) {
            _ = try await store.addTenant(named: "cat", key: key, at: noon)
        }
        #expect(try await store.tenants().map(\.name) == ["ann", "bob"])
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `tenants are listed by name, removed ones are not`(engine: StoreEngine) async throws {
        let store = try await StoreFixture(engine).store
        let names = ["cat", "bob", "dan"]
        for name in names { _ = try await store.addTenant(named: name, at: noon) }
        let bob = try await store.tenants()[1]
        _ = try await store.removeTenant(bob.id)
        #expect(try await store.tenants().map(\.name) == ["ann", "cat", "dan"])
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `a tenant's language is chosen or heard, and neither changes the other`(
        engine: StoreEngine
    ) async throws {
        let fixture = try await StoreFixture(engine)
        let (store, ann) = (fixture.store, fixture.tenant.id)
        #expect(fixture.tenant.language == nil && fixture.tenant.heardLanguage == nil)
        let heard = try await store.hearLanguage("uk", of: ann)
        #expect(heard.language == nil && heard.heardLanguage == "uk")
        let chosen = try await store.chooseLanguage("ru", of: ann)
        #expect(chosen.language == "ru" && chosen.heardLanguage == "uk")
        #expect(try await store.hearLanguage("zh", of: ann).language == "ru")
        let listed = try await fixture.restarted().tenants().first
        #expect(listed?.language == "ru" && listed?.heardLanguage == "zh")
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `a person's name is kept in any script, and forgotten with the tenant`(
        engine: StoreEngine
    ) async throws {
        let fixture = try await StoreFixture(engine)
        let (store, ann) = (fixture.store, fixture.tenant.id)
        #expect(fixture.tenant.display == nil)
        #expect(try await store.display("张伟", for: ann).display == "张伟")
        #expect(try await store.tenants().first?.display == "张伟")
        #expect(try await store.display(nil, for: ann).display == nil)
        _ = try await store.display("Анна Müller", for: ann)
        #expect(try await store.removeTenant(ann).display == nil)
        await #expect(throws: StoreError.notFound(what: "tenant")) {
            _ = try await store.display("x", for: ann)
        }
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `a tenant's language can be forgotten, and is with the tenant`(
        engine: StoreEngine
    ) async throws {
        let fixture = try await StoreFixture(engine)
        let (store, ann) = (fixture.store, fixture.tenant.id)
        _ = try await store.hearLanguage("uk", of: ann)
        _ = try await store.chooseLanguage("ru", of: ann)
        #expect(try await store.chooseLanguage(nil, of: ann).language == nil)
        _ = try await store.chooseLanguage("ru", of: ann)
        let removed = try await store.removeTenant(ann)
        #expect(removed.language == nil && removed.heardLanguage == nil)
        await #expect(throws: StoreError.notFound(what: "tenant")) {
            _ = try await store.chooseLanguage("ru", of: ann)
        }
        await #expect(throws: StoreError.notFound(what: "tenant")) {
            _ = try await store.hearLanguage("ru", of: ann)
        }
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `a tenant is found by its key, removed ones too`(engine: StoreEngine) async throws {
        let fixture = try await StoreFixture(engine)
        let (store, ann) = (fixture.store, fixture.tenant)
        #expect(try await store.tenant(ann.id) == ann)
        _ = try await store.removeTenant(ann.id)
        #expect(try await store.tenant(ann.id)?.state == .removed)
        #expect(try await store.tenant(RowID(99)) == nil)
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `suspending and resuming return the tenant as it is then`(engine: StoreEngine) async throws
    {
        let fixture = try await StoreFixture(engine)
        let (store, ann) = (fixture.store, fixture.tenant.id)
        let states = [
            try await store.suspendTenant(ann).state, try await store.suspendTenant(ann).state,
            try await store.resumeTenant(ann).state,
        ]
        #expect(states == [.suspended, .suspended, .active])
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `a tenant that is removed or unknown cannot be changed`(engine: StoreEngine) async throws {
        let fixture = try await StoreFixture(engine)
        let (store, ann) = (fixture.store, fixture.tenant.id)
        _ = try await store.removeTenant(ann)
        for id in [ann, RowID(99)] {
            let none = StoreError.notFound(what: "tenant")
            await #expect(throws: none) { _ = try await store.suspendTenant(id) }
            await #expect(throws: none) { _ = try await store.resumeTenant(id) }
            await #expect(throws: none) { _ = try await store.removeTenant(id) }
            await #expect(throws: none) {
                _ = try await store.changeQuotas(of: id) { $0.files = 1 }
            }
        }
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `quotas are set and taken back`(engine: StoreEngine) async throws {
        let fixture = try await StoreFixture(engine)
        let (store, ann) = (fixture.store, fixture.tenant.id)
        var wanted = TenantQuotas()
        wanted.requestsPerDay = 0
        wanted.spendPerMonthMicros = 5_000_000
        wanted.diskBytes = 1 << 40
        let quotas = wanted
        #expect(try await store.changeQuotas(of: ann) { $0 = quotas }.quotas == quotas)
        #expect(try await store.tenant(ann)?.quotas == quotas)
        let none = try await store.changeQuotas(of: ann) { $0 = TenantQuotas() }
        #expect(none.quotas == TenantQuotas())
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `two changes of quotas at once both hold`(engine: StoreEngine) async throws {
        let fixture = try await StoreFixture(engine)
        let (store, ann) = (fixture.store, fixture.tenant.id)
        _ = try await race { index async throws(StoreError) in
            try await store.changeQuotas(of: ann) {
                if index == 0 { $0.files = 7 } else { $0.requestsPerDay = 8 }
            }
        }
        let quotas = try await store.tenant(ann)?.quotas
        #expect(quotas?.files == 7 && quotas?.requestsPerDay == 8)
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `removing a tenant keeps the ledger and nothing else`(engine: StoreEngine) async throws {
        let fixture = try await StoreFixture(engine)
        let (store, ann) = (fixture.store, fixture.tenant.id)
        let call = try await fixture.call(try await fixture.turn("t-1"))
        _ = try await fixture.replied("t-2", ["a"])
        _ = try await store.addKey(APIKeyDraft(hash: hash(1), hint: "a"), for: ann, at: noon)
        try await store.addIdentity(of: ann, channel: .telegram, external: "42", at: noon)
        let later = noon + .seconds(60)
        try await store.addLink(for: .tenant(ann), hash: hash(2), at: noon, expires: later)
        let file = FileDraft(id: "f", tenant: ann, hash: hash(3), bytes: 5, kind: "image/png")
        _ = try await store.addFile(file, at: noon)
        #expect(try await store.removeTenant(ann).state == .removed)
        let left = [
            try await store.keys().count, try await store.identities(of: ann).count,
            try await fixture.list().count,
            try await fixture.due().count, try await store.fileTotals().count,
        ]
        #expect(left == [0, 0, 0, 0, 0])
        #expect(try await store.turn(publicID: "t-1") == nil)
        let login = try await store.useLink(hash(2), for: hash(4), on: "", at: noon, expires: later)
        #expect(login == nil)
        #expect(try await store.call(call)?.state == .reserved)
        #expect(try await store.integrityCheck() == [])
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `removing a tenant forgets its words in a group, and nobody else's`(
        engine: StoreEngine
    ) async throws {
        let fixture = try await StoreFixture(engine)
        let store = fixture.store
        let bob = try await store.addTenant(named: "bob", at: noon).id
        let place = Place(channel: .telegram, chat: "-5")
        let draft = SessionDraft(publicID: "group", place: place, tenant: nil)
        let group = try #require(try await store.openSession(draft, at: noon))
        for (name, tenant) in [("t-ann", fixture.tenant.id), ("t-bob", bob)] {
            let turn = TurnDraft(publicID: name, session: group.id, tenant: tenant, text: "hi")
            _ = try await store.acceptTurn(turn, at: noon)
        }
        _ = try await store.removeTenant(bob)
        #expect(try await store.turn(publicID: "t-bob") == nil)
        #expect(try await store.turn(publicID: "t-ann") != nil)
        #expect(try await store.session(publicID: "group") != nil)
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `no key of a row is given twice`(engine: StoreEngine) async throws {
        let fixture = try await StoreFixture(engine)
        let (store, first) = (fixture.store, try await fixture.turn("t-1"))
        _ = try await store.removeTenant(fixture.tenant.id)
        let bob = try await store.addTenant(named: "bob", at: noon).id
        let session = try await fixture.openSession("s-2", of: bob)
        let draft = TurnDraft(publicID: "t-2", session: session.id, tenant: bob, text: "hi")
        let second = try await store.acceptTurn(draft, at: noon)
        #expect(second > first && session.id > fixture.session.id && bob > fixture.tenant.id)
        let isFinished = try await store.finishTurn(
            first,
            as: TurnOutcome(.done, answer: "not bob's"),
            at: noon
        )
        #expect(!isFinished)
        #expect(try await store.turn(publicID: "t-2")?.answer == "")
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `a full disk adds no tenant and no key`(engine: StoreEngine) async throws {
        let fixture = try await StoreFixture(engine)
        let (long, noon) = (String(repeating: "x", count: 300_000), noon)
        let (problems, added) = try await fixture.fullDisk { store async throws(StoreError) in
            try await store.addTenant(
                named: long,
                key: APIKeyDraft(hash: hash(1), hint: "abcdef"),
                at: noon
            )
        }
        #expect(problems.isEmpty && added.tenant.name == long)
    }
}
