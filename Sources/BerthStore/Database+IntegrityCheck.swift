package import BerthLoop

extension Connection {
    /// Reads the whole database and checks it for damage and for dangling references.
    ///
    /// - Returns: one sentence for each problem, at most 100 of each kind.
    func integrityProblems() throws(StoreError) -> [String] {
        var problems = try all("PRAGMA integrity_check(100)") { row throws(StoreError) in
            row.text(0)
        }
        problems.removeAll { $0 == "ok" }
        let orphans = try all(
            """
            SELECT "table", rowid, parent FROM pragma_foreign_key_check LIMIT 100
            """
        ) { row throws(StoreError) in
            "row \(row.int64(1)) of \(row.text(0)) refers to no row of \(row.text(2))"
        }
        return problems + orphans
    }
}

extension Connection {
    fileprivate func newestRow() throws(StoreError) -> Timestamp? {
        try first(
            """
            SELECT max(newest) FROM (
                SELECT max(created_ms) AS newest FROM turn
                UNION ALL SELECT max(created_ms) FROM call
                UNION ALL SELECT max(settled_ms) FROM call
                UNION ALL SELECT max(day_ms) FROM usage_day
                UNION ALL SELECT max(updated_ms) FROM session
                UNION ALL SELECT max(created_ms) FROM tenant
                UNION ALL SELECT max(created_ms) FROM web_login)
            """
        ) { row throws(StoreError) in row.timestampOrNil(0) } ?? nil
    }
}

extension Database {
    /// Checks a database file for `berth doctor`, read-only, also while a service uses it.
    ///
    /// The check runs on a thread of its own, which lasts as long as the process.
    ///
    /// - Parameter file: the path, as ``DataFolder/database(in:)`` gives it.
    /// - Returns: one sentence for each problem, or none for a sound database.
    /// - Throws: ``StoreError`` if the file cannot be opened or is not Berth's.
    package static func integrityCheck(of file: String) async throws(StoreError) -> [String] {
        let result = await Worker(name: "sqlite-check").run {
            Result { () throws(StoreError) in
                try Connection.openReadOnly(file).integrityProblems()
            }
        }
        return try result.get()
    }

    /// Reads a kept value of a database file, for `berth doctor`.
    ///
    /// The file is read as by ``integrityCheck(of:)``.
    package static func kept(
        _ kept: Kept,
        in file: String
    ) async throws(StoreError) -> [UInt8]? {
        let result = await Worker(name: "sqlite-kept").run {
            Result { () throws(StoreError) in try Connection.openReadOnly(file).kept(kept) }
        }
        return try result.get()
    }

    /// Reads the time at which the last update of a channel's bot arrived, for `berth doctor`.
    ///
    /// The file is read as by ``integrityCheck(of:)``.
    package static func lastUpdate(
        of bot: Int,
        in file: String
    ) async throws(StoreError) -> Timestamp? {
        let result = await Worker(name: "sqlite-update").run {
            Result { () throws(StoreError) in
                try Connection.openReadOnly(file).lastUpdate(of: bot)
            }
        }
        return try result.get()
    }

    /// Reads the time of the newest row of a database file, and the kept value ``Kept/clock``, for
    /// `berth doctor`.
    ///
    /// The file is read as by ``integrityCheck(of:)``.
    package static func newest(
        in file: String
    ) async throws(StoreError) -> (row: Timestamp?, clock: [UInt8]?) {
        let result = await Worker(name: "sqlite-clock").run {
            Result { () throws(StoreError) in
                let connection = try Connection.openReadOnly(file)
                return try (connection.newestRow(), connection.kept(.clock))
            }
        }
        return try result.get()
    }
}
