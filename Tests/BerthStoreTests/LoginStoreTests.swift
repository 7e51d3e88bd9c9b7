import BerthLoop
import BerthStore
import BerthTestKit
import Testing

@Suite(.loop) struct LoginStoreTests {
    private let noon = StoreFixture.noon
    private let later = StoreFixture.noon + .seconds(86400)

    @Loop @Test(arguments: StoreEngine.allCases)
    func `a link is used once`(engine: StoreEngine) async throws {
        let fixture = try await StoreFixture(engine)
        let (store, ann) = (fixture.store, LoginOwner.tenant(fixture.tenant.id))
        try await store.addLink(for: ann, hash: hash(1), at: noon, expires: later)
        try await store.addLink(for: .admin, hash: hash(2), at: noon, expires: later)
        var owners: [LoginOwner?] = []
        for (number, link) in [1, 1, 2, 3].enumerated() as EnumeratedSequence<[UInt8]> {
            let cookie = hash(UInt8(100 + number))
            let login = try await store.useLink(
                hash(link),
                for: cookie,
                on: "",
                at: noon,
                expires: later
            )
            owners.append(login?.owner)
        }
        #expect(owners == [ann, nil, .admin, nil])
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `of two uses of a link at once, one gets a login`(engine: StoreEngine) async throws {
        let fixture = try await StoreFixture(engine)
        let (store, noon, later) = (fixture.store, noon, later)
        try await store.addLink(for: .admin, hash: hash(1), at: noon, expires: later)
        let results = try await race { index async throws(StoreError) in
            try await store.useLink(
                hash(1),
                for: hash(UInt8(10 + index)),
                on: "",
                at: noon,
                expires: later
            )
        }
        #expect(try results.compactMap { try $0.get() }.count == 1)
        #expect(try await store.logins(at: noon).count == 1)
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `a link does not work late or for a suspended tenant`(engine: StoreEngine) async throws {
        let fixture = try await StoreFixture(engine)
        let (store, ann) = (fixture.store, fixture.tenant.id)
        try await store.addLink(for: .tenant(ann), hash: hash(1), at: noon, expires: later)
        let end = later + .seconds(1)
        #expect(
            try await store.useLink(hash(1), for: hash(2), on: "", at: later, expires: end) == nil
        )
        _ = try await store.suspendTenant(ann)
        #expect(
            try await store.useLink(hash(1), for: hash(2), on: "", at: noon, expires: end) == nil
        )
        _ = try await store.resumeTenant(ann)
        let login = try await store.useLink(hash(1), for: hash(2), on: "", at: noon, expires: end)
        #expect(login == Login(hash: hash(2), owner: .tenant(ann), created: noon, expires: end))
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `a login lasts until it is revoked or over`(engine: StoreEngine) async throws {
        let fixture = try await StoreFixture(engine)
        let (store, ann) = (fixture.store, fixture.tenant.id)
        for number in [1, 2] as [UInt8] { try await login(number, .tenant(ann), store) }
        #expect(try await store.login(hash: hash(1), at: noon)?.owner == .tenant(ann))
        #expect(try await store.login(hash: hash(1), at: later) == nil)
        #expect(try await store.revokeLogin(hash: hash(1), at: noon))
        #expect(try await store.login(hash: hash(1), at: noon) == nil)
        #expect(try await store.login(hash: hash(2), at: noon) != nil)
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `a login that is revoked, over or unknown cannot be revoked`(
        engine: StoreEngine
    ) async throws {
        let store = try await StoreFixture(engine).store
        for number in [1, 2] as [UInt8] { try await login(number, .admin, store) }
        #expect(try await store.revokeLogin(hash: hash(1), at: noon))
        let others = [
            try await store.revokeLogin(hash: hash(1), at: noon),
            try await store.revokeLogin(hash: hash(2), at: later),
            try await store.revokeLogin(hash: hash(3), at: noon),
        ]
        #expect(others == [false, false, false])
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `a suspended tenant's login stays in force`(engine: StoreEngine) async throws {
        let fixture = try await StoreFixture(engine)
        let (store, ann) = (fixture.store, fixture.tenant.id)
        try await login(1, .tenant(ann), store)
        _ = try await store.suspendTenant(ann)
        #expect(try await store.login(hash: hash(1), at: noon)?.owner == .tenant(ann))
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `an owner's newest sixteen links work, others' are left alone`(
        engine: StoreEngine
    ) async throws {
        let fixture = try await StoreFixture(engine)
        let (store, ann) = (fixture.store, LoginOwner.tenant(fixture.tenant.id))
        try await store.addLink(for: .admin, hash: hash(100), at: noon, expires: later)
        for number in 1...UInt8(Database.linksAtMost) {
            try await store.addLink(for: ann, hash: hash(number), at: noon, expires: later)
        }
        // A used link makes room, so this revokes no other.
        var works = [try await uses(9, store)]
        for number in [90, 91] as [UInt8] {
            try await store.addLink(for: ann, hash: hash(number), at: noon, expires: later)
        }
        for number in [1, 2, 16, 90, 91, 100] as [UInt8] {
            works.append(try await uses(number, store))
        }
        #expect(works == [true, false, true, true, true, true, true])
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `an owner's newest sixty-four logins last, others' are left alone`(
        engine: StoreEngine
    ) async throws {
        let fixture = try await StoreFixture(engine)
        let (store, ann) = (fixture.store, LoginOwner.tenant(fixture.tenant.id))
        try await login(200, .admin, store)
        for number in 1...UInt8(Database.loginsAtMost) { try await login(number, ann, store) }
        // A revoked login makes room, so this ends no other.
        try await store.revokeLogin(hash: hash(9), at: noon)
        for number in [90, 91] as [UInt8] { try await login(number, ann, store) }
        var lasts: [Bool] = []
        for number in [1, 2, 64, 90, 91, 200] as [UInt8] {
            lasts.append(try await store.login(hash: hash(number), at: noon) != nil)
        }
        #expect(lasts == [false, true, true, true, true, true])
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `logins in force are listed, oldest first`(engine: StoreEngine) async throws {
        let fixture = try await StoreFixture(engine)
        let (store, ann) = (fixture.store, LoginOwner.tenant(fixture.tenant.id))
        for number in [3, 1, 2] as [UInt8] { try await login(number, ann, store) }
        try await login(4, .admin, store)
        try await store.revokeLogin(hash: hash(1), at: noon)
        #expect(try await store.logins(at: noon).map(\.hash) == [hash(3), hash(2), hash(4)])
        #expect(try await store.logins(at: noon).map(\.owner) == [ann, ann, .admin])
        #expect(try await store.logins(at: later).isEmpty)
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `ending an owner's logins ends its unused links too, and nobody else's`(
        engine: StoreEngine
    ) async throws {
        let fixture = try await StoreFixture(engine)
        let (store, ann) = (fixture.store, LoginOwner.tenant(fixture.tenant.id))
        for number in [1, 2] as [UInt8] { try await login(number, ann, store) }
        try await login(3, .admin, store)
        try await store.addLink(for: ann, hash: hash(50), at: noon, expires: later)
        #expect(try await store.revokeLogins(of: ann, at: noon) == 2)
        #expect(try await store.revokeLogins(of: ann, at: noon) == 0)
        #expect(try await !uses(50, store))
        #expect(try await store.logins(at: noon).map(\.hash) == [hash(3)])
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `a link's hash of another length is refused`(engine: StoreEngine) async throws {
        let store = try await StoreFixture(engine).store
        await #expect(throws: StoreError.self) {
            try await store.addLink(for: .admin, hash: [1, 2], at: noon, expires: later)
        }
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `a used link and its login survive a kill`(engine: StoreEngine) async throws {
        let fixture = try await StoreFixture(engine)
        try await login(1, .admin, fixture.store)
        let store = try await fixture.restarted()
        #expect(try await store.login(hash: hash(1), at: noon)?.owner == .admin)
        #expect(try await !uses(101, store))
    }

    // MARK: Helpers

    /// Makes the login of a cookie from a link of its own.
    @Loop private func login(_ cookie: UInt8, _ owner: LoginOwner, _ store: any Store) async throws
    {
        let link = hash(cookie)
        let token = link.map { $0 ^ 0x80 ^ 1 }
        try await store.addLink(for: owner, hash: token, at: noon, expires: later)
        _ = try await store.useLink(token, for: hash(cookie), on: "", at: noon, expires: later)
    }

    /// Whether a link works.
    @Loop private func uses(_ link: UInt8, _ store: any Store) async throws -> Bool {
        var cookie = hash(link)
        cookie[0] = 255
        return try await store.useLink(hash(link), for: cookie, on: "", at: noon, expires: later)
            != nil
    }
}
