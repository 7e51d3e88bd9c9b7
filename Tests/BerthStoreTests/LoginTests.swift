import BerthLoop
import BerthStore
import BerthTestKit
import Testing

@Suite(.loop) struct LoginTests {
    private let later = StoreFixture.noon + .seconds(86400)

    @Loop @Test func `a link is used once`() async throws {
        let fixture = try await StoreFixture()
        let (ann, expires) = (fixture.tenant.id, later)
        let uses = try await fixture.database.write { store throws(StoreError) in
            try store.addLink(
                for: .tenant(ann),
                hash: hash(1),
                at: StoreFixture.noon,
                expires: expires
            )
            try store.addLink(for: .admin, hash: hash(2), at: StoreFixture.noon, expires: expires)
            return [
                try store.useLink(hash: hash(1), at: StoreFixture.noon),
                try store.useLink(hash: hash(1), at: StoreFixture.noon),
                try store.useLink(hash: hash(2), at: StoreFixture.noon),
                try store.useLink(hash: hash(3), at: StoreFixture.noon),
            ]
        }
        #expect(uses == [.tenant(ann), nil, .admin, nil])
    }

    @Loop @Test func `a link does not work late or for a suspended tenant`() async throws {
        let fixture = try await StoreFixture()
        let (ann, expires) = (fixture.tenant.id, later)
        let uses = try await fixture.database.write { store throws(StoreError) in
            try store.addLink(
                for: .tenant(ann),
                hash: hash(1),
                at: StoreFixture.noon,
                expires: expires
            )
            let late = try store.useLink(hash: hash(1), at: expires)
            try store.suspendTenant(ann)
            let suspended = try store.useLink(hash: hash(1), at: StoreFixture.noon)
            try store.resumeTenant(ann)
            return [late, suspended, try store.useLink(hash: hash(1), at: StoreFixture.noon)]
        }
        #expect(uses == [nil, nil, .tenant(ann)])
    }

    @Loop @Test func `a login lasts until it is revoked or over`() async throws {
        let fixture = try await StoreFixture()
        let (ann, expires) = (fixture.tenant.id, later)
        let owners = try await fixture.database.write { store throws(StoreError) in
            for number in 1...3 {
                try store.addLogin(
                    for: number == 3 ? .admin : .tenant(ann),
                    hash: hash(UInt8(number)),
                    at: StoreFixture.noon,
                    expires: expires
                )
            }
            let valid = try store.login(hash: hash(1), at: StoreFixture.noon)
            let late = try store.login(hash: hash(1), at: expires)
            try store.revokeLogin(hash: hash(1), at: StoreFixture.noon)
            let revoked = try store.login(hash: hash(1), at: StoreFixture.noon)
            try store.revokeLogins(of: .tenant(ann), at: StoreFixture.noon)
            return [
                valid, late, revoked, try store.login(hash: hash(2), at: StoreFixture.noon),
                try store.login(hash: hash(3), at: StoreFixture.noon),
            ]
        }
        #expect(owners == [.tenant(ann), nil, nil, nil, .admin])
    }

    @Loop @Test func `an owner's newest sixteen links work, others' are left alone`() async throws {
        let fixture = try await StoreFixture()
        let (ann, expires) = (fixture.tenant.id, later)
        let works = try await fixture.database.write { store throws(StoreError) in
            let now = StoreFixture.noon
            try store.addLink(for: .admin, hash: hash(100), at: now, expires: expires)
            for number in 1...UInt8(Connection.linksAtMost) {
                try store.addLink(for: .tenant(ann), hash: hash(number), at: now, expires: expires)
            }
            // A used one makes room, so that this revokes nobody's.
            let used = try store.useLink(hash: hash(9), at: now) != nil
            try store.addLink(for: .tenant(ann), hash: hash(90), at: now, expires: expires)
            try store.addLink(for: .tenant(ann), hash: hash(91), at: now, expires: expires)
            var works = [used]
            for number in [1, 2, 16, 90, 91, 100] as [UInt8] {
                works.append(try store.useLink(hash: hash(number), at: now) != nil)
            }
            return works
        }
        #expect(works == [true, false, true, true, true, true, true])
    }

    @Loop @Test func `an owner's newest sixty-four logins last, others' are left alone`()
        async throws
    {
        let fixture = try await StoreFixture()
        let (ann, expires) = (fixture.tenant.id, later)
        let lasts = try await fixture.database.write { store throws(StoreError) in
            let now = StoreFixture.noon
            try store.addLogin(for: .admin, hash: hash(200), at: now, expires: expires)
            for number in 1...UInt8(Connection.loginsAtMost) {
                try store.addLogin(for: .tenant(ann), hash: hash(number), at: now, expires: expires)
            }
            // A revoked one makes room, so that this ends nobody's.
            try store.revokeLogin(hash: hash(9), at: now)
            try store.addLogin(for: .tenant(ann), hash: hash(90), at: now, expires: expires)
            try store.addLogin(for: .tenant(ann), hash: hash(91), at: now, expires: expires)
            var lasts: [Bool] = []
            for number in [1, 2, 64, 90, 91, 200] as [UInt8] {
                lasts.append(try store.login(hash: hash(number), at: now) != nil)
            }
            return lasts
        }
        #expect(lasts == [false, true, true, true, true, true])
    }

    @Loop @Test func `a hash of another length is refused`() async throws {
        let fixture = try await StoreFixture()
        let ann = fixture.tenant.id
        await #expect(throws: StoreError.self) {
            try await fixture.database.write { store throws(StoreError) in
                _ = try store.addKey(for: ann, hash: [1], hint: "", at: StoreFixture.noon)
            }
        }
    }
}
