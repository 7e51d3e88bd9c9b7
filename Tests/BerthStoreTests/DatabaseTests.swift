import BerthLoop
import BerthTelemetry
import BerthTestKit
import Testing

@testable import BerthStore

@Suite(.loop) struct GroupCommitTests {
    @Loop @Test func `a write that throws is taken back alone`() async throws {
        let fixture = try await StoreFixture()
        let database = fixture.database
        let gate = ThreadGate()
        let first = await begin { () async throws(StoreError) in
            try await database.write { _ throws(StoreError) in gate.pass() }
        }
        try await gate.reached.wait()
        var writes: [Pending<Tenant>] = []
        for index in 0..<9 {
            writes.append(
                await begin { () async throws(StoreError) in
                    try await database.write { store throws(StoreError) in
                        let tenant = try store.addTenant(
                            named: "t\(index)",
                            at: StoreFixture.noon
                        )
                        if index % 3 == 0 { throw .notFound(what: "luck") }
                        return tenant
                    }
                }
            )
        }
        gate.open()
        try await first.value()
        for (index, write) in writes.enumerated() {
            let error = try await write.error()
            #expect(error == (index % 3 == 0 ? .notFound(what: "luck") : nil))
        }
        let names = try await database.tenants().map(\.name)
        #expect(names == ["ann", "t1", "t2", "t4", "t5", "t7", "t8"])
    }

    @Loop @Test func `a commit that fails fails every write of its group`() async throws {
        let fixture = try await StoreFixture()
        let database = fixture.database
        let gate = ThreadGate()
        let first = await begin { () async throws(StoreError) in
            try await database.write { _ throws(StoreError) in gate.pass() }
        }
        try await gate.reached.wait()
        let good = await begin { () async throws(StoreError) in
            try await database.write { store throws(StoreError) in
                try store.addTenant(named: "bob", at: StoreFixture.noon).id
            }
        }
        // The foreign key is checked at the commit only, so the write itself succeeds.
        let bad = await begin { () async throws(StoreError) in
            try await database.write { store throws(StoreError) in
                try store.run("PRAGMA defer_foreign_keys = ON")
                try store.run("INSERT INTO identity VALUES (999, 'web', 'nobody', 0)")
            }
        }
        let unlucky = await begin { () async throws(StoreError) in
            try await database.write { _ throws(StoreError) in throw .notFound(what: "luck") }
        }
        gate.open()
        try await first.value()
        let errors = [try await good.error(), try await bad.error()]
        #expect(errors.allSatisfy { if case .failed = $0 { true } else { false } })
        #expect(errors[0] == errors[1])
        let own = try await unlucky.error()
        #expect(own == .notFound(what: "luck"))
        let names = try await database.tenants().map(\.name)
        #expect(names == ["ann"])
    }

    @Loop @Test func `a full disk is said in words and the next write succeeds`() async throws {
        let fixture = try await StoreFixture()
        let database = fixture.database
        try await database.write { store throws(StoreError) in
            // SQLite then reports a full disk.
            _ = try store.run("PRAGMA max_page_count = 64")
        }
        let long = String(repeating: "x", count: 300_000)
        let refused = await begin { () async throws(StoreError) in
            try await database.write { store throws(StoreError) in
                _ = try store.addTenant(named: long, at: StoreFixture.noon)
            }
        }
        let error = try await refused.error()
        #expect(error == .diskFull(file: "\(fixture.files.path)/berth.db"))
        #expect(error?.description.contains("make room") == true)
        let id = try await fixture.turn("t-1")
        #expect(id.value == 1)
        let problems = try await database.integrityCheck()
        #expect(problems.isEmpty)
    }

    @Loop @Test func `a read sees the writes given before it`() async throws {
        let fixture = try await StoreFixture()
        let (database, tenant) = (fixture.database, fixture.tenant.id)
        let write = await begin { () async throws(StoreError) in
            try await database.write { store throws(StoreError) in
                _ = try store.set(.suspended, of: tenant)
            }
        }
        let seen = try await database.read { store throws(StoreError) in
            try store.tenant(tenant)?.state
        }
        #expect(seen == .suspended)
        try await write.value()
    }

    @Loop @Test func `a full queue refuses at once and recovers`() async throws {
        let fixture = try await StoreFixture(queueLimit: 8)
        let database = fixture.database
        let gate = ThreadGate()
        var waiting: [Pending<Void>] = []
        for _ in 0..<8 {
            waiting.append(
                await begin { () async throws(StoreError) in
                    try await database.write { _ throws(StoreError) in gate.pass() }
                }
            )
        }
        let pending = database.pending
        #expect(pending == 8)
        await #expect(throws: StoreError.busy(limit: 8)) {
            try await database.read { _ throws(StoreError) in }
        }
        gate.open()
        for write in waiting { try await write.value() }
        try await database.write { _ throws(StoreError) in }
        let left = database.pending
        #expect(left <= 1)  // the last one may not be counted off yet
    }

    @Loop @Test func `closing finishes what waits, and refuses what comes after`() async throws {
        let fixture = try await StoreFixture()
        let database = fixture.database
        var writes: [Pending<Tenant>] = []
        for index in 0..<20 {
            writes.append(
                await begin { () async throws(StoreError) in
                    try await database.write { store throws(StoreError) in
                        try store.addTenant(named: "t\(index)", at: StoreFixture.noon)
                    }
                }
            )
        }
        await database.close()
        for write in writes { _ = try await write.value() }
        await #expect(throws: StoreError.closed) {
            try await database.write { _ throws(StoreError) in }
        }
        await database.close()
        #expect(throws: SystemError.self) { try fixture.files.read("berth.db-wal") }
        let problems = try await Database.integrityCheck(of: fixture.files.path(of: "berth.db"))
        #expect(problems.isEmpty)
    }

    @Loop @Test func `prepared statements are kept up to their bound`() async throws {
        let fixture = try await StoreFixture()
        let database = fixture.database
        for index in 0..<3 { _ = try await fixture.turn("t-\(index)") }
        let few = try await database.read { store throws(StoreError) in store.preparedStatements }
        #expect(few < 20)
        let most = try await database.read { store throws(StoreError) in
            for sql in manyStatements { try store.run(sql) }
            return store.preparedStatements
        }
        #expect(most == Connection.cachedStatements)
        await database.releaseMemory()
        let none = try await database.read { store throws(StoreError) in store.preparedStatements }
        #expect(none == 0)
        _ = try await fixture.turn("t-9")
    }
}

/// More different statements than are kept.
private let manyStatements: [StaticString] = [
    "SELECT 00", "SELECT 01", "SELECT 02", "SELECT 03", "SELECT 04", "SELECT 05", "SELECT 06",
    "SELECT 07", "SELECT 08", "SELECT 09", "SELECT 10", "SELECT 11", "SELECT 12", "SELECT 13",
    "SELECT 14", "SELECT 15", "SELECT 16", "SELECT 17", "SELECT 18", "SELECT 19", "SELECT 20",
    "SELECT 21", "SELECT 22", "SELECT 23", "SELECT 24", "SELECT 25", "SELECT 26", "SELECT 27",
    "SELECT 28", "SELECT 29", "SELECT 30", "SELECT 31", "SELECT 32", "SELECT 33", "SELECT 34",
    "SELECT 35", "SELECT 36", "SELECT 37", "SELECT 38", "SELECT 39", "SELECT 40", "SELECT 41",
    "SELECT 42", "SELECT 43", "SELECT 44", "SELECT 45", "SELECT 46", "SELECT 47", "SELECT 48",
    "SELECT 49", "SELECT 50", "SELECT 51", "SELECT 52", "SELECT 53", "SELECT 54", "SELECT 55",
    "SELECT 56", "SELECT 57", "SELECT 58", "SELECT 59", "SELECT 60", "SELECT 61", "SELECT 62",
    "SELECT 63", "SELECT 64", "SELECT 65", "SELECT 66", "SELECT 67", "SELECT 68", "SELECT 69",
]
