import BerthLoop
import BerthStore
import BerthTestKit
import Testing

@Suite(.loop) struct IdentityStoreTests {
    private let noon = StoreFixture.noon

    @Loop @Test(arguments: StoreEngine.allCases)
    func `a person of a channel is one tenant`(engine: StoreEngine) async throws {
        let fixture = try await StoreFixture(engine)
        let (store, ann) = (fixture.store, fixture.tenant.id)
        try await store.addIdentity(of: ann, channel: .telegram, external: "42", at: noon)
        let bob = try await store.addTenant(named: "bob", at: noon).id
        await #expect(throws: StoreError.self) {
            try await store.addIdentity(of: bob, channel: .telegram, external: "42", at: noon)
        }
        #expect(try await store.tenant(channel: .telegram, external: "42") == ann)
        #expect(try await store.tenant(channel: .telegram, external: "43") == nil)
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `one name on two channels is two people`(engine: StoreEngine) async throws {
        let fixture = try await StoreFixture(engine)
        let (store, ann) = (fixture.store, fixture.tenant.id)
        let bob = try await store.addTenant(named: "bob", at: noon).id
        try await store.addIdentity(of: ann, channel: .telegram, external: "42", at: noon)
        try await store.addIdentity(of: bob, channel: .web, external: "42", at: noon)
        #expect(try await store.tenant(channel: .web, external: "42") == bob)
        #expect(try await store.tenant(channel: .telegram, external: "42") == ann)
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `identities are listed by channel and name`(engine: StoreEngine) async throws {
        let fixture = try await StoreFixture(engine)
        let (store, ann) = (fixture.store, fixture.tenant.id)
        for (channel, name) in [(ChannelName.web, "a"), (.telegram, "9"), (.telegram, "1")] {
            try await store.addIdentity(of: ann, channel: channel, external: name, at: noon)
        }
        let listed = try await store.identities(of: ann)
        #expect(listed.map(\.external) == ["1", "9", "a"])
        #expect(listed.last?.channel == .web && listed.last?.created == noon)
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `a person that is forgotten can be another tenant`(engine: StoreEngine) async throws {
        let fixture = try await StoreFixture(engine)
        let (store, ann) = (fixture.store, fixture.tenant.id)
        let bob = try await store.addTenant(named: "bob", at: noon).id
        try await store.addIdentity(of: ann, channel: .telegram, external: "42", at: noon)
        #expect(try await store.removeIdentity(channel: .telegram, external: "42"))
        #expect(try await !store.removeIdentity(channel: .telegram, external: "42"))
        try await store.addIdentity(of: bob, channel: .telegram, external: "42", at: noon)
        #expect(try await store.tenant(channel: .telegram, external: "42") == bob)
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `a removed tenant gets no identity`(engine: StoreEngine) async throws {
        let fixture = try await StoreFixture(engine)
        let (store, ann) = (fixture.store, fixture.tenant.id)
        _ = try await store.removeTenant(ann)
        await #expect(throws: StoreError.notFound(what: "tenant")) {
            try await store.addIdentity(of: ann, channel: .web, external: "a", at: noon)
        }
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `of two tenants who claim a person at once, one gets it`(engine: StoreEngine) async throws
    {
        let fixture = try await StoreFixture(engine)
        let (store, noon) = (fixture.store, noon)
        let bob = try await store.addTenant(named: "bob", at: noon).id
        let tenants = [fixture.tenant.id, bob]
        let results = try await race { index async throws(StoreError) in
            try await store.addIdentity(
                of: tenants[index],
                channel: .web,
                external: "x",
                at: noon
            )
        }
        let winners = results.indices.filter {
            if case .success = results[$0] { true } else { false }
        }
        #expect(winners.count == 1)
        #expect(try await store.tenant(channel: .web, external: "x") == tenants[winners[0]])
    }
}
