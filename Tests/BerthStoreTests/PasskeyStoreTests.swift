import BerthLoop
import BerthStore
import BerthTestKit
import Testing

@Suite(.loop) struct PasskeyStoreTests {
    private let noon = StoreFixture.noon

    private func draft(_ name: UInt8, count: Int64 = 0) -> PasskeyDraft {
        PasskeyDraft(credential: [name], key: [1, 2], count: count, name: "phone")
    }

    private func login(_ cookie: UInt8, of tenant: Tenant.ID) -> Login {
        let hash = [UInt8](repeating: cookie, count: 32)
        let end = noon + .seconds(60)
        return Login(hash: hash, owner: .tenant(tenant), created: noon, expires: end, device: "d")
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `a passkey is found, listed, named and deleted by its tenant alone`(
        engine: StoreEngine
    ) async throws {
        let fixture = try await StoreFixture(engine)
        let (store, ann) = (fixture.store, fixture.tenant.id)
        let bob = try await store.addTenant(named: "bob", at: noon).id
        let made = try #require(try await store.addPasskey(draft(1), for: ann, at: noon))
        #expect(try await store.passkey(credential: [1]) == made)
        #expect(try await store.passkeys(of: ann) == [made])
        #expect(try await store.passkeys(of: bob) == [])
        await #expect(throws: StoreError.self) {
            try await store.addPasskey(draft(1), for: bob, at: noon)
        }
        #expect(try await !store.renamePasskey(made.id, of: bob, "x"))
        #expect(try await store.renamePasskey(made.id, of: ann, "key"))
        #expect(try await store.passkeys(of: ann).map(\.name) == ["key"])
        #expect(try await !store.deletePasskey(made.id, of: bob))
        #expect(try await store.deletePasskey(made.id, of: ann))
        #expect(try await store.passkey(credential: [1]) == nil)
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `a login needs a new count and an active tenant`(engine: StoreEngine) async throws {
        let fixture = try await StoreFixture(engine)
        let (store, ann) = (fixture.store, fixture.tenant.id)
        let counts = try #require(
            try await store.addPasskey(draft(1, count: 3), for: ann, at: noon)
        )
        let plain = try #require(try await store.addPasskey(draft(2), for: ann, at: noon))
        var cookie: UInt8 = 0
        for (key, count, isMade) in [
            (counts, 3, false), (counts, 4, true), (counts, 4, false), (counts, 0, false),
            (plain, 0, true), (plain, 0, true), (plain, 1, true), (plain, 0, false),
        ] {
            cookie += 1
            let one = login(cookie, of: ann)
            let made = try await store.usePasskey(key.id, count: Int64(count), for: one, at: noon)
            #expect(made == isMade, "\(cookie)")
            let stored = try await store.login(hash: one.hash, at: noon)
            #expect(stored == (isMade ? one : nil))
        }
        _ = try await store.suspendTenant(ann)
        let late = login(99, of: ann)
        #expect(try await !store.usePasskey(counts.id, count: 9, for: late, at: noon))
        _ = try await store.removeTenant(ann)
        #expect(try await store.passkey(credential: [1]) == nil)
    }
}
