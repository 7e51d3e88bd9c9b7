import BerthLoop

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
}
