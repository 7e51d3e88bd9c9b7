import BerthLoop
import BerthStore
import BerthTestKit
import Testing

@Suite(.loop) struct KeyStoreTests {
    private let noon = StoreFixture.noon

    @Loop @Test(arguments: StoreEngine.allCases)
    func `a key is listed until it is revoked`(engine: StoreEngine) async throws {
        let fixture = try await StoreFixture(engine)
        let (store, ann) = (fixture.store, fixture.tenant.id)
        let draft = APIKeyDraft(hash: hash(1), hint: "abcdef")
        let key = try await store.addKey(draft, for: ann, at: noon)
        #expect(try await store.keys() == [key])
        #expect(try await store.keys(of: ann) == [key])
        #expect(key.hash == hash(1) && key.hint == "abcdef" && key.created == noon)
        try await store.revokeKey(key.id, at: noon)
        #expect(try await store.keys().isEmpty)
        #expect(try await store.keys(of: ann).isEmpty)
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `a hash of another length is refused`(engine: StoreEngine) async throws {
        let fixture = try await StoreFixture(engine)
        await #expect(throws: StoreError.self) {
            let draft = APIKeyDraft(hash: [1], hint: "")
            _ = try await fixture.store.addKey(draft, for: fixture.tenant.id, at: noon)
        }
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `a hash that is known is refused, also when its key was revoked`(
        engine: StoreEngine
    ) async throws {
        let fixture = try await StoreFixture(engine)
        let (store, ann) = (fixture.store, fixture.tenant.id)
        let draft = APIKeyDraft(hash: hash(1), hint: "")
        let key = try await store.addKey(draft, for: ann, at: noon)
        try await store.revokeKey(key.id, at: noon)
        let error = await #expect(throws: StoreError.self) {
            _ = try await store.addKey(draft, for: ann, at: noon)
        }
        #expect(error?.isExists == true)
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `a key that is revoked or unknown cannot be revoked`(engine: StoreEngine) async throws {
        let fixture = try await StoreFixture(engine)
        let (store, ann) = (fixture.store, fixture.tenant.id)
        let draft = APIKeyDraft(hash: hash(1), hint: "")
        let key = try await store.addKey(draft, for: ann, at: noon)
        try await store.revokeKey(key.id, at: noon)
        for id in [key.id, RowID(99)] {
            await #expect(throws: StoreError.notFound(what: "key")) {
                try await store.revokeKey(id, at: noon)
            }
        }
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `all keys of a tenant are revoked at once, others' are left alone`(
        engine: StoreEngine
    ) async throws {
        let fixture = try await StoreFixture(engine)
        let (store, ann) = (fixture.store, fixture.tenant.id)
        let bob = try await store.addTenant(named: "bob", at: noon).id
        for (number, tenant) in [(1, ann), (2, ann), (3, bob)] as [(UInt8, Tenant.ID)] {
            let draft = APIKeyDraft(hash: hash(number), hint: "\(number)")
            _ = try await store.addKey(draft, for: tenant, at: noon)
        }
        #expect(try await store.revokeKeys(of: ann, at: noon) == 2)
        #expect(try await store.revokeKeys(of: ann, at: noon) == 0)
        #expect(try await store.keys().map(\.hint) == ["3"])
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `the keys of a suspended tenant are listed`(engine: StoreEngine) async throws {
        let fixture = try await StoreFixture(engine)
        let (store, ann) = (fixture.store, fixture.tenant.id)
        for number in [2, 1] as [UInt8] {
            let draft = APIKeyDraft(hash: hash(number), hint: "\(number)")
            _ = try await store.addKey(draft, for: ann, at: noon)
        }
        _ = try await store.suspendTenant(ann)
        #expect(try await store.keys().map(\.hint) == ["2", "1"])
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `a removed tenant gets no key`(engine: StoreEngine) async throws {
        let fixture = try await StoreFixture(engine)
        let (store, ann) = (fixture.store, fixture.tenant.id)
        _ = try await store.removeTenant(ann)
        await #expect(throws: StoreError.notFound(what: "tenant")) {
            let draft = APIKeyDraft(hash: hash(1), hint: "")
            _ = try await store.addKey(draft, for: ann, at: noon)
        }
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `of two revocations of a key at once, one succeeds`(engine: StoreEngine) async throws {
        let fixture = try await StoreFixture(engine)
        let (store, noon) = (fixture.store, noon)
        let draft = APIKeyDraft(hash: hash(1), hint: "")
        let key = try await store.addKey(draft, for: fixture.tenant.id, at: noon)
        let results = try await race { _ async throws(StoreError) in
            try await store.revokeKey(key.id, at: noon)
        }
        let successes = results.count { if case .success = $0 { true } else { false } }
        #expect(successes == 1)
    }
}
