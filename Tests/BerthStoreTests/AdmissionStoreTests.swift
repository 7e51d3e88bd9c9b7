import BerthLoop
import BerthStore
import BerthTestKit
import Testing

@Suite(.loop) struct AdmissionStoreTests {
    private let noon = StoreFixture.noon
    private let person = Person(channel: .telegram, external: "5")
    private let place = Place(channel: .telegram, chat: "42/5")

    private var later: Timestamp { noon + .seconds(60) }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `an invitation makes its user the tenant, once`(engine: StoreEngine) async throws {
        let fixture = try await StoreFixture(engine)
        let (store, ann) = (fixture.store, fixture.tenant.id)
        try await store.addInvitation(to: ann, hash: hash(1), at: noon, expires: later)
        let used = try await store.useInvitation(hash(1), by: person, named: "x", at: noon)
        #expect(used?.id == ann)
        #expect(try await store.tenant(channel: .telegram, external: "5") == ann)
        let other = Person(channel: .telegram, external: "6")
        let again = try await store.useInvitation(hash(1), by: other, named: "x", at: noon)
        #expect(again == nil)
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `an invitation without a tenant makes a new one`(engine: StoreEngine) async throws {
        let fixture = try await StoreFixture(engine)
        let store = fixture.store
        try await store.addInvitation(to: nil, hash: hash(1), at: noon, expires: later)
        await #expect(throws: StoreError.nameTaken("ann")) {
            try await store.useInvitation(hash(1), by: person, named: "ann", at: noon)
        }
        let made = try await store.useInvitation(hash(1), by: person, named: "bob", at: noon)
        #expect(made?.name == "bob")
        #expect(try await store.tenant(channel: .telegram, external: "5") == made?.id)
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `a tenant is invited while a way in is open and nobody has come`(
        engine: StoreEngine
    ) async throws {
        let fixture = try await StoreFixture(engine)
        let (store, ann) = (fixture.store, fixture.tenant.id)
        let bob = try await store.addTenant(named: "bob", at: noon).id
        #expect(try await store.invitedTenants(at: noon).isEmpty)
        try await store.addInvitation(to: ann, hash: hash(1), at: noon, expires: later)
        try await store.addLink(for: .tenant(bob), hash: hash(2), at: noon, expires: later)
        #expect(try await store.invitedTenants(at: noon) == [ann, bob])
        #expect(try await store.invitedTenants(at: later).isEmpty)
        _ = try await store.useInvitation(hash(1), by: person, named: "x", at: noon)
        #expect(try await store.invitedTenants(at: noon) == [bob])
        _ = try await store.useLink(hash(2), for: hash(3), on: "", at: noon, expires: later)
        // Another link of a tenant who has come invites nobody.
        try await store.addLink(for: .tenant(bob), hash: hash(4), at: noon, expires: later)
        #expect(try await store.invitedTenants(at: noon).isEmpty)
        let eve = try await store.addTenant(named: "eve", at: noon).id
        try await store.addLink(for: .tenant(eve), hash: hash(5), at: noon, expires: later)
        #expect(try await store.invitedTenants(at: noon) == [eve])
        _ = try await store.suspendTenant(eve)
        #expect(try await store.invitedTenants(at: noon).isEmpty)
        _ = try await store.resumeTenant(eve)
        try await store.countHits([eve: 1], at: noon)
        #expect(try await store.invitedTenants(at: noon).isEmpty)
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `an unknown, expired or foreign code does nothing`(engine: StoreEngine) async throws {
        let fixture = try await StoreFixture(engine)
        let store = fixture.store
        try await store.addInvitation(to: nil, hash: hash(1), at: noon, expires: later)
        for (code, time) in [(hash(1), later), (hash(2), noon)] {
            let used = try await store.useInvitation(code, by: person, named: "x", at: time)
            #expect(used == nil)
        }
        await #expect(throws: StoreError.self) {
            try await store.addInvitation(to: nil, hash: hash(1), at: noon, expires: later)
        }
        _ = try await store.removeTenant(fixture.tenant.id)
        await #expect(throws: StoreError.notFound(what: "tenant")) {
            try await store.addInvitation(
                to: fixture.tenant.id,
                hash: hash(3),
                at: noon,
                expires: later
            )
        }
        let names = try await store.tenants().map(\.name)
        #expect(names.isEmpty)
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `a person who is a tenant keeps the code unused`(engine: StoreEngine) async throws {
        let fixture = try await StoreFixture(engine)
        let store = fixture.store
        _ = try await store.admit(person, named: "bob", at: noon)
        try await store.addInvitation(to: nil, hash: hash(1), at: noon, expires: later)
        await #expect(throws: StoreError.self) {
            try await store.useInvitation(hash(1), by: person, named: "x", at: noon)
        }
        let other = Person(channel: .telegram, external: "6")
        let used = try await store.useInvitation(hash(1), by: other, named: "x", at: noon)
        #expect(used?.name == "x")
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `a request is kept once, and goes when the person is admitted`(
        engine: StoreEngine
    ) async throws {
        let store = try await StoreFixture(engine).store
        let first = try await store.addRequest(of: person, at: place, named: "Bob", at: noon)
        #expect(first?.isNew == true && first?.request.person == person)
        #expect(first?.request.place == place && first?.request.name == "Bob")
        let second = try await store.addRequest(of: person, at: place, named: "B", at: later)
        #expect(second?.isNew == false && second?.request.name == "Bob")
        _ = try await store.admit(person, named: "bob", at: noon)
        #expect(try await store.requests().isEmpty)
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `a refused request stays refused`(engine: StoreEngine) async throws {
        let store = try await StoreFixture(engine).store
        let added = try await store.addRequest(of: person, at: place, named: "Bob", at: noon)
        let id = try #require(added?.request.id)
        #expect(try await store.refuseRequest(id))
        #expect(try await !store.refuseRequest(id))
        let again = try await store.addRequest(of: person, at: place, named: "Bob", at: later)
        #expect(again?.isNew == false && again?.request.isRefused == true)
        for number in 0..<300 {
            let other = Person(channel: .telegram, external: "x\(number)")
            let added = try await store.addRequest(of: other, at: place, named: "", at: noon)
            #expect((added == nil) == (number >= Database.requestsAtMost - 1))
        }
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `of two people with one code, one gets in`(engine: StoreEngine) async throws {
        let fixture = try await StoreFixture(engine)
        let (store, noon) = (fixture.store, noon)
        try await store.addInvitation(to: nil, hash: hash(1), at: noon, expires: later)
        let results = try await race { index async throws(StoreError) in
            try await store.useInvitation(
                hash(1),
                by: Person(channel: .telegram, external: "\(index)"),
                named: "n\(index)",
                at: noon
            )
        }
        let winners = try results.compactMap { try $0.get() }
        #expect(winners.count == 1)
    }
}
