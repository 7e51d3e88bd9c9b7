import BerthLoop
import BerthTelemetry
import BerthTestKit
import Testing

@testable import BerthStore

@Suite(.loop) struct OpeningTests {
    private func open(_ files: TemporaryFolder) async throws -> Database {
        try await Database.open(in: try DataFolder(path: files.path), log: .silent)
    }

    /// Opens the folder's database, which must be refused.
    private func refusal(_ files: TemporaryFolder) async throws -> StoreError? {
        do {
            _ = try await open(files)
            return nil
        } catch let error as StoreError { return error }
    }

    /// SQLite makes a table in memory for a list of three words or more, at every change of a row.
    @Loop @Test func `no check of a column makes a table of its own`() async throws {
        let database = try await open(try TemporaryFolder())
        let checks = try await database.read { store throws(StoreError) in
            try store.all("SELECT sql FROM sqlite_schema WHERE sql LIKE '%CHECK%'") {
                row throws(StoreError) in row.text(0)
            }
        }
        #expect(checks.count > 5)
        #expect(checks.allSatisfy { !$0.contains(" IN (") })
    }

    @Loop @Test func `an empty folder gets the tables, a second start finds them`() async throws {
        let files = try TemporaryFolder()
        for start in 0..<3 {
            let database = try await open(files)
            let version = try await database.write { store throws(StoreError) in
                _ = try store.addTenant(named: "t\(start)", at: StoreFixture.noon)
                return try store.first("PRAGMA user_version") { row throws(StoreError) in
                    row.int(0)
                }
            }
            let tenants = try await database.tenants().count
            #expect(version == 1)
            #expect(tenants == start + 1)
            await database.close()
        }
    }

    @Loop @Test func `the settings that durability and memory rest on are in force`() async throws {
        let files = try TemporaryFolder()
        let database = try await open(files)
        // SQLite counts a pragma that could change something as a write.
        let values = try await database.write { store throws(StoreError) in
            var values: [String] = []
            let settings: [StaticString] = [
                "PRAGMA journal_mode", "PRAGMA synchronous", "PRAGMA foreign_keys",
                "PRAGMA cache_size", "PRAGMA mmap_size", "PRAGMA wal_autocheckpoint",
            ]
            for sql in settings {
                try store.forEach(sql) { row throws(StoreError) in
                    values.append(row.text(0))
                    return true
                }
            }
            return values
        }
        #expect(values == ["wal", "2", "1", "-512", "0", "1000"])
        await database.close()
    }

    @Loop @Test func `a database of a newer Berth is refused and left as it is`() async throws {
        let files = try TemporaryFolder()
        let database = try await open(files)
        try await database.write { store throws(StoreError) in
            try store.run("PRAGMA user_version = 99")
        }
        await database.close()
        let before = try files.read("berth.db")
        let error = try await refusal(files)
        let file = files.path(of: "berth.db")
        #expect(error == .newer(file: file, version: 99, known: 1))
        #expect(error?.description.contains("newer Berth (version 99, this one knows 1)") == true)
        let after = try files.read("berth.db")
        #expect(after == before)
    }

    @Loop @Test func `a database of another program is refused and left as it is`() async throws {
        let files = try TemporaryFolder()
        let database = try await open(files)
        try await database.write { store throws(StoreError) in
            try store.run("PRAGMA application_id = 7")
        }
        await database.close()
        let before = try files.read("berth.db")
        let error = try await refusal(files)
        #expect(error == .foreign(file: files.path(of: "berth.db")))
        let after = try files.read("berth.db")
        #expect(after == before)
    }

    @Loop @Test func `a file that is no database is refused and left as it is`() async throws {
        let files = try TemporaryFolder()
        let text = [UInt8](repeating: UInt8(ascii: "a"), count: 10_000)
        try files.write(text, to: "berth.db")
        let error = try await refusal(files)
        #expect(error == .foreign(file: files.path(of: "berth.db")))
        let after = try files.read("berth.db")
        #expect(after == text)
    }

    @Loop @Test func `damage is found and said`() async throws {
        let files = try TemporaryFolder()
        let database = try await open(files)
        try await database.write { store throws(StoreError) in
            for index in 0..<500 {
                _ = try store.addTenant(named: "tenant number \(index)", at: StoreFixture.noon)
            }
        }
        await database.close()
        let file = files.path(of: "berth.db")
        let sound = try await Database.integrityCheck(of: file)
        #expect(sound.isEmpty)
        var bytes = try files.read("berth.db")
        for index in bytes.indices where index > 8192 && index % 4096 < 1000 { bytes[index] = 0xa5 }
        try files.write(bytes, to: "berth.db")
        var words: [String] = []
        do { words = try await Database.integrityCheck(of: file) } catch { words = ["\(error)"] }
        #expect(!words.isEmpty)
    }

    @Loop @Test func `a file can be checked while a service works with it`() async throws {
        let fixture = try await StoreFixture()
        _ = try await fixture.turn("t-1")
        try await fixture.store.keep([1, 2], as: .clock)
        let file = fixture.files.path(of: "berth.db")
        let newest = try await Database.newest(in: file)
        #expect(newest.row == StoreFixture.noon && newest.clock == [1, 2])
        let problems = try await Database.integrityCheck(of: file)
        #expect(problems.isEmpty)
        _ = try await fixture.turn("t-2")
    }

    @Loop @Test func `a missing file is said when it is checked`() async throws {
        let files = try TemporaryFolder()
        await #expect(throws: StoreError.self) {
            try await Database.integrityCheck(of: files.path(of: "berth.db"))
        }
        #expect(throws: SystemError.self) { try files.read("berth.db") }
    }
}

@Suite struct DataFolderTests {
    @Test func `a missing folder is made, with its parents, for its owner alone`() throws {
        let files = try TemporaryFolder()
        let folder = try DataFolder(path: files.path(of: "a/b/data"))
        #expect(folder.database == files.path(of: "a/b/data/berth.db"))
        let mode = FileMode.of(folder.path)
        #expect(mode == 0o700)
    }

    @Test func `a second service is refused with the folder and the holder's pid`() throws {
        let files = try TemporaryFolder()
        do {
            let holder = try DataFolder(path: files.path)
            let error = #expect(throws: StoreError.self) { try DataFolder(path: files.path) }
            #expect(error == .inUse(folder: files.path, pid: FileMode.pid))
            #expect(error?.description.contains("'\(holder.path)' is in use") == true)
            #expect(error?.description.contains("pid \(FileMode.pid)") == true)
        }
        #expect(throws: Never.self) { try DataFolder(path: files.path) }
    }

    @Test func `a folder that cannot be used is named with the reason`() throws {
        let files = try TemporaryFolder()
        try files.write([], to: "file")
        for path in [files.path(of: "file"), "/sys/berth", "/proc/berth/data", ""] {
            let error = #expect(throws: StoreError.self) { try DataFolder(path: path) }
            #expect(error?.description.contains("'\(path)' cannot be used: ") == true)
        }
    }
}
