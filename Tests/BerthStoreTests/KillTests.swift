import BerthLoop
import BerthTelemetry
import BerthTestKit
import Testing

@testable import BerthStore

/// A kill leaves the files as they are at that moment, so they are copied while writers work.
///
/// The tests write too few pages for a checkpoint. A checkpoint between the copies of the database
/// file and its log would make them inconsistent.
@Suite(.loop) struct KillTests {
    @Loop @Test func `everything acknowledged survives a kill at any moment`() async throws {
        let fixture = try await StoreFixture()
        let acknowledged = Acknowledged()
        let copier = Worker(name: "copier")
        let pool = TaskPool()
        for writer in 0..<10 {
            pool.spawn {
                for index in 0..<12 {
                    let name = "\(writer)-\(index)"
                    guard (try? await fixture.turn(name)) != nil else { return }
                    acknowledged.names.append(name)
                }
            }
        }
        var copies = 0
        while pool.count > 0 {
            let expected = acknowledged.names
            let files = fixture.files
            let copy = await copier.run { Result { try copyOfDatabase(in: files) } }
            try await verify(copy.get(), holds: expected)
            copies += 1
        }
        await pool.drain()
        #expect(acknowledged.names.count == 120)
        #expect(copies > 0)
    }

    @Loop private func verify(_ copy: TemporaryFolder, holds names: [String]) async throws {
        let database = try await Database.open(
            in: try DataFolder(path: copy.path),
            log: .silent
        )
        let missing = try await database.read { store throws(StoreError) in
            var missing: [String] = []
            for name in names where try store.turn(publicID: name) == nil { missing.append(name) }
            return missing
        }
        let problems = try await database.integrityCheck()
        await database.close()
        #expect(missing.isEmpty)
        #expect(problems.isEmpty)
    }
}

/// Turns whose writes have returned.
@Loop private final class Acknowledged {
    var names: [String] = []
}

/// The database file and its log as they are now.
private func copyOfDatabase(in files: TemporaryFolder) throws -> TemporaryFolder {
    let copy = try TemporaryFolder()
    for name in ["berth.db", "berth.db-wal"] { try copy.write(try files.read(name), to: name) }
    return copy
}
