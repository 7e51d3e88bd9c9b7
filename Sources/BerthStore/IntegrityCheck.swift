import BerthLoop

extension Connection {
    /// Reads the whole database and looks for damage and for rows that refer to nothing.
    ///
    /// - Returns: one sentence a problem, at most 100 of each kind; none for a sound database.
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

extension Database {
    /// Reads the whole database and looks for damage; the writes of the service wait meanwhile.
    ///
    /// - Returns: one sentence a problem; none for a sound database.
    package nonisolated func integrityCheck() async throws(StoreError) -> [String] {
        try await read { connection throws(StoreError) in try connection.integrityProblems() }
    }

    /// Checks a database file read-only, also while a service works with it: for `berth doctor`.
    ///
    /// Works on a thread of its own, which stays for the life of the process.
    ///
    /// - Parameter file: as ``DataFolder/database(in:)`` gives it.
    /// - Returns: one sentence a problem; none for a sound database.
    /// - Throws: ``StoreError`` when the file cannot be opened or is none of Berth's.
    package static func integrityCheck(of file: String) async throws(StoreError) -> [String] {
        let result = await Worker(name: "sqlite-check").run {
            Result { () throws(StoreError) in
                try Connection.openReadOnly(file).integrityProblems()
            }
        }
        return try result.get()
    }
}
