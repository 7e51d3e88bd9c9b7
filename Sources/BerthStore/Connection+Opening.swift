import CSQLite
import Glibc

extension Connection {
    /// Opens the database of a service, makes it if it is missing, and migrates its tables.
    ///
    /// A file that is not Berth's, or that a newer version has made, is left as it is.
    ///
    /// - Returns: the connection, and the version that the file had before.
    static func open(_ file: String) throws(StoreError) -> (Connection, migratedFrom: Int) {
        try makeFile(file)
        let connection = try Connection(
            file: file,
            flags: SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
        )
        try connection.limitMemory()
        let version = try connection.requireOurs()
        try connection.configure()
        try connection.migrate(from: version)
        return (connection, version)
    }

    /// Makes a database in memory, with empty tables.
    static func openInMemory() throws(StoreError) -> Connection {
        let connection = try Connection(
            file: ":memory:",
            flags: SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_MEMORY
        )
        try connection.limitMemory()
        try connection.execute("PRAGMA foreign_keys = ON")
        try connection.migrate(from: 0)
        return connection
    }

    /// Opens a database for reading, also while a service uses it.
    static func openReadOnly(_ file: String) throws(StoreError) -> Connection {
        let connection = try Connection(file: file, flags: SQLITE_OPEN_READONLY)
        try connection.limitMemory()
        _ = try connection.requireOurs()
        return connection
    }

    /// Makes the file with mode 0600, because SQLite would let every user read the messages in it.
    private static func makeFile(_ file: String) throws(StoreError) {
        let descriptor = unsafe Glibc.open(file, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        if descriptor >= 0 {
            close(descriptor)
        } else if errno == EACCES || errno == EROFS || errno == EPERM {
            throw .readOnly(file: file)
        }
        // SQLite meets any other error at once, and describes it.
    }

    /// Checks that the database is Berth's and not a newer version's.
    ///
    /// - Returns: the version of the tables, 0 for a new file.
    private func requireOurs() throws(StoreError) -> Int {
        let application = try pragma("PRAGMA application_id")
        let version = Int(try pragma("PRAGMA user_version"))
        let tables = try pragma("SELECT count(*) FROM sqlite_schema")
        let isNew = application == 0 && version == 0 && tables == 0
        guard isNew || application == Schema.applicationID else { throw .foreign(file: file) }
        guard version <= Schema.version else {
            throw .newer(file: file, version: version, known: Schema.version)
        }
        return version
    }

    private func pragma(_ sql: StaticString) throws(StoreError) -> Int64 {
        try first(sql) { row throws(StoreError) in row.int64(0) } ?? 0
    }

    // MARK: Settings

    /// SQLite's heap limit, which leaves room above the page cache for statements and sorting.
    ///
    /// SQLite spills to the disk before it exceeds the limit.
    private static let softHeapLimit: Int64 = 2 << 20

    /// The time that a statement waits for another program's lock, in milliseconds.
    private static let busyTimeoutMs: Int32 = 2000

    /// Runs `body` so that another program's lock fails it at once.
    func withoutWaiting(_ body: () throws(StoreError) -> Void) throws(StoreError) {
        unsafe sqlite3_busy_timeout(handle, 0)
        defer { unsafe sqlite3_busy_timeout(handle, Connection.busyTimeoutMs) }
        try body()
    }

    private func limitMemory() throws(StoreError) {
        sqlite3_soft_heap_limit64(Connection.softHeapLimit)
        unsafe sqlite3_busy_timeout(handle, Connection.busyTimeoutMs)
        try execute(
            """
            PRAGMA cache_size = -512;
            PRAGMA mmap_size = 0;
            PRAGMA temp_store = MEMORY;
            PRAGMA trusted_schema = OFF;
            PRAGMA cell_size_check = ON;
            PRAGMA secure_delete = ON;
            """
        )
    }

    private func configure() throws(StoreError) {
        try execute(
            """
            PRAGMA journal_mode = WAL;
            PRAGMA synchronous = FULL;
            PRAGMA foreign_keys = ON;
            PRAGMA wal_autocheckpoint = 1000;
            PRAGMA journal_size_limit = 8388608;
            """
        )
        let mode = try first("PRAGMA journal_mode") { row throws(StoreError) in row.text(0) }
        guard mode == "wal" else {
            throw .failed(
                file: file,
                code: 0,
                detail: "this disk cannot hold a write-ahead log"
            )
        }
    }

    // MARK: Migrations

    private func migrate(from version: Int) throws(StoreError) {
        for number in version..<Schema.version { try migrate(to: number + 1) }
    }

    /// Migrates the tables and their version in one transaction, so a kill leaves both old or new.
    private func migrate(to version: Int) throws(StoreError) {
        try execute("BEGIN IMMEDIATE")
        do throws(StoreError) {
            try execute(Schema.migrations[version - 1])
            try setNumber("application_id", Schema.applicationID)
            try setNumber("user_version", Int64(version))
            try execute("COMMIT")
        } catch {
            try? execute("ROLLBACK")  // the first error is thrown
            throw error
        }
    }

    /// Sets a pragma, whose value cannot be a bound parameter and comes from constants only.
    func setNumber(_ pragma: StaticString, _ value: Int64) throws(StoreError) {
        let code = unsafe sqlite3_exec(handle, "PRAGMA \(pragma) = \(value)", nil, nil, nil)
        if code != SQLITE_OK { throw unsafe StoreError(code, on: handle, file: file) }
    }
}
