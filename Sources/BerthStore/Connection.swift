import CSQLite

/// The open database, used by one thread at a time.
///
/// The closures of ``Database/write(_:)`` and ``Database/read(_:)`` receive it.
///
/// SQL is written in this module and its tests alone. The rest of Berth calls the verbs of
/// ``Store``. The extensions of this class hold the SQL, one file for each noun.
@safe final class Connection {
    let handle: OpaquePointer
    /// The database's path, for errors.
    let file: String
    /// Whether statements that change something may run.
    private var isWritable = true
    /// Whether rows with words were deleted whose pages the log may still hold.
    ///
    /// An earlier run may have left some.
    var hasPurged = true
    private var cache = StatementCache(limit: Connection.cachedStatements)

    /// The most prepared statements that are kept.
    static let cachedStatements = 64

    /// Opens `file` with `flags` (SQLITE_OPEN_…), nothing else.
    init(file: String, flags: Int32) throws(StoreError) {
        var handle: OpaquePointer?
        let code = unsafe sqlite3_open_v2(
            file,
            &handle,
            flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE,
            nil
        )
        guard code == SQLITE_OK, let handle = unsafe handle else {
            let error = unsafe StoreError(code, on: handle, file: file)
            unsafe sqlite3_close_v2(handle)
            throw error
        }
        unsafe self.handle = handle
        self.file = file
    }

    deinit {
        cache.removeAll()
        unsafe sqlite3_close_v2(handle)
    }

    // MARK: Statements

    /// Runs a statement and calls `row` for each row of its result until that returns false.
    ///
    /// - Parameters:
    ///   - sql: one statement, as a literal. Nothing that a person wrote can get into it.
    ///   - parameters: one value for each `?`.
    ///   - row: reads the columns.
    /// - Throws: SQLite's failure as ``StoreError``, or what `row` throws.
    func forEach<each Parameter: Bindable>(
        _ sql: StaticString,
        _ parameters: repeat each Parameter,
        row: (borrowing Row) throws(StoreError) -> Bool
    ) throws(StoreError) {
        let key = unsafe UInt(bitPattern: sql.utf8Start)
        let statement = try statement(sql, key)
        defer {
            statement.reset()
            cache.put(statement, for: key)
        }
        precondition(isWritable || statement.isReadOnly, "a write in Database.read: \(sql)")
        var index: Int32 = 0
        for parameter in repeat each parameters {
            try parameter.bind(to: statement, after: &index)
        }
        statement.requireParameters(index)
        while try statement.step() {
            guard try row(Row(statement)) else { return }
        }
    }

    /// Runs a statement whose rows, if any, are not wanted.
    ///
    /// - Returns: how many rows an INSERT, UPDATE or DELETE changed, cascades not counted.
    @discardableResult
    func run<each Parameter: Bindable>(
        _ sql: StaticString,
        _ parameters: repeat each Parameter
    ) throws(StoreError) -> Int {
        try forEach(sql, repeat each parameters) { _ throws(StoreError) in true }
        return Int(unsafe sqlite3_changes64(handle))
    }

    /// The first row of a statement's result, or nil where it has none.
    func first<Value, each Parameter: Bindable>(
        _ sql: StaticString,
        _ parameters: repeat each Parameter,
        row read: (borrowing Row) throws(StoreError) -> Value
    ) throws(StoreError) -> Value? {
        var value: Value?
        try forEach(sql, repeat each parameters) { row throws(StoreError) in
            value = try read(row)
            return false
        }
        return value
    }

    /// All rows of a statement's result: bounded by the statement's LIMIT or by a small table.
    func all<Value, each Parameter: Bindable>(
        _ sql: StaticString,
        _ parameters: repeat each Parameter,
        row read: (borrowing Row) throws(StoreError) -> Value
    ) throws(StoreError) -> [Value] {
        var values: [Value] = []
        try forEach(sql, repeat each parameters) { row throws(StoreError) in
            values.append(try read(row))
            return true
        }
        return values
    }

    /// Inserts one row.
    ///
    /// - Returns: its key.
    func insert<Entity, each Parameter: Bindable>(
        _ sql: StaticString,
        _ parameters: repeat each Parameter
    ) throws(StoreError) -> RowID<Entity> {
        try run(sql, repeat each parameters)
        return RowID(unsafe sqlite3_last_insert_rowid(handle))
    }

    /// Prepared statements that are kept now, at most ``cachedStatements``.
    var preparedStatements: Int { cache.count }

    private func statement(
        _ sql: StaticString,
        _ key: StatementCache.Key
    ) throws(StoreError) -> Statement {
        if let statement = cache.take(key) { return statement }
        return try unsafe Statement(sql, on: handle, file: file)
    }

    /// Runs a script of statements without parameters: migrations.
    func execute(_ script: StaticString) throws(StoreError) {
        let text = unsafe UnsafeRawPointer(script.utf8Start).assumingMemoryBound(to: CChar.self)
        let code = unsafe sqlite3_exec(handle, text, nil, nil, nil)
        if code != SQLITE_OK { throw unsafe StoreError(code, on: handle, file: file) }
    }

    // MARK: For the types of this module

    /// Whether a transaction is open; SQLite ends one by itself after some failures.
    var isInTransaction: Bool { unsafe sqlite3_get_autocommit(handle) == 0 }

    /// Runs `body` and traps if it changes anything.
    func reading<Value>(_ body: (Connection) -> Value) -> Value {
        isWritable = false
        defer { isWritable = true }
        return body(self)
    }

    /// Gives back the page cache and the prepared statements; they come again when needed.
    func releaseMemory() {
        cache.removeAll()
        unsafe sqlite3_db_release_memory(handle)
    }

    /// Moves the whole log into the database file and empties it.
    func checkpoint() throws(StoreError) {
        let code = unsafe sqlite3_wal_checkpoint_v2(
            handle,
            nil,
            SQLITE_CHECKPOINT_TRUNCATE,
            nil,
            nil
        )
        if code != SQLITE_OK { throw unsafe StoreError(code, on: handle, file: file) }
    }
}
