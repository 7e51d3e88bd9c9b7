package import BerthLoop

/// Verbs for the rows of tenants' files.
///
/// The caller writes and deletes the contents.
package protocol FileStore: Sendable {
    /// Records a file, or finds the tenant's file with the same content.
    ///
    /// It has no use before a turn refers to it (``TurnDraft/inputs``, ``TurnOutcome/pictures``).
    ///
    /// - Returns: the file. Its id is the first one's if the content was known.
    /// - Throws: ``StoreError/notFound(what:)`` if the tenant is removed,
    ///   ``StoreError/exists(what:)`` if the id is taken.
    func addFile(_ draft: FileDraft, at now: Timestamp) async throws(StoreError) -> StoredFile

    /// The file that clients know by `id`. nil if there is none. The caller checks who may see it.
    func file(_ id: String) async throws(StoreError) -> StoredFile?

    /// Records that a file was read.
    ///
    /// - Returns: false if there is none.
    @discardableResult
    func touchFile(_ id: String, at now: Timestamp) async throws(StoreError) -> Bool

    /// The ids of the files that are thumbnails of a file in turns, and that nothing else uses.
    func thumbnails(of id: String) async throws(StoreError) -> [String]

    /// A tenant's files, the last used first, at most `limit`.
    func files(of tenant: Tenant.ID, limit: Int) async throws(StoreError) -> [StoredFile]

    /// The files that were used longest ago, of one tenant or (nil) of all, at most `limit`. Files
    /// without uses come first.
    func leastUsedFiles(of tenant: Tenant.ID?, limit: Int) async throws(StoreError) -> [StoredFile]

    /// Files that were last used before a time, of one tenant or (nil) of all, the oldest use first,
    /// at most `limit`.
    func expiredFiles(
        before time: Timestamp,
        of tenant: Tenant.ID?,
        limit: Int
    ) async throws(StoreError) -> [StoredFile]

    /// Files without uses, of one tenant or (nil) of all, the oldest use first, at most `limit`: those
    /// whose last use has ended, and those that no turn took and that were last used before a time.
    func unusedFiles(
        before time: Timestamp,
        of tenant: Tenant.ID?,
        limit: Int
    ) async throws(StoreError) -> [StoredFile]

    /// All files in the order of their ids, after `id` (empty for the first), at most `limit`.
    func files(after id: String, limit: Int) async throws(StoreError) -> [StoredFile]

    /// The contents among `keys` that no file has.
    func unknownFiles(among keys: [FileKey]) async throws(StoreError) -> [FileKey]

    /// Forgets a file.
    ///
    /// - Returns: false if there is none.
    @discardableResult
    func deleteFile(_ id: String) async throws(StoreError) -> Bool

    /// The number, length and oldest date of the files of every tenant that has any.
    func fileTotals() async throws(StoreError) -> [Tenant.ID: FileTotal]
}

extension Connection {
    func file(_ id: String) throws(StoreError) -> StoredFile? {
        try first(
            """
            SELECT id, tenant, hash, bytes, kind, uses, released, created_ms, last_used_ms
            FROM file
            WHERE id = ?
            """,
            id
        ) { row throws(StoreError) in StoredFile(row) }
    }
}

extension Database: FileStore {
    package nonisolated func addFile(
        _ draft: FileDraft,
        at now: Timestamp
    ) async throws(StoreError) -> StoredFile {
        try await write { store throws(StoreError) in
            try store.requirePresent(draft.tenant)
            let file = try store.first(
                """
                INSERT INTO file (id, tenant, hash, bytes, kind, uses, created_ms, last_used_ms)
                VALUES (?1, ?2, ?3, ?4, ?5, 0, ?6, ?6)
                ON CONFLICT (tenant, hash) DO UPDATE SET released = 0, last_used_ms = ?6
                RETURNING id, tenant, hash, bytes, kind, uses, released, created_ms, last_used_ms
                """,
                draft.id,
                draft.tenant,
                draft.hash,
                draft.bytes,
                draft.kind,
                now
            ) { row throws(StoreError) in StoredFile(row) }
            guard let file else { throw .notFound(what: "file") }
            return file
        }
    }

    package nonisolated func file(_ id: String) async throws(StoreError) -> StoredFile? {
        try await read { store throws(StoreError) in try store.file(id) }
    }

    @discardableResult
    package nonisolated func touchFile(
        _ id: String,
        at now: Timestamp
    ) async throws(StoreError) -> Bool {
        try await write { store throws(StoreError) in
            try store.run("UPDATE file SET last_used_ms = ? WHERE id = ?", now, id) > 0
        }
    }

    package nonisolated func unusedFiles(
        before time: Timestamp,
        of tenant: Tenant.ID?,
        limit: Int
    ) async throws(StoreError) -> [StoredFile] {
        try await read { store throws(StoreError) in
            try store.all(
                """
                SELECT id, tenant, hash, bytes, kind, uses, released, created_ms, last_used_ms
                FROM file
                WHERE uses = 0 AND (released = 1 OR last_used_ms < ?1)
                    AND (?2 IS NULL OR tenant = ?2)
                ORDER BY last_used_ms, id LIMIT ?3
                """,
                time,
                tenant,
                max(0, limit)
            ) { row throws(StoreError) in StoredFile(row) }
        }
    }

    package nonisolated func thumbnails(of id: String) async throws(StoreError) -> [String] {
        try await read { store throws(StoreError) in try store.thumbnails(of: id) }
    }

    package nonisolated func files(
        of tenant: Tenant.ID,
        limit: Int
    ) async throws(StoreError) -> [StoredFile] {
        try await read { store throws(StoreError) in
            try store.all(
                """
                SELECT id, tenant, hash, bytes, kind, uses, released, created_ms, last_used_ms
                FROM file
                WHERE tenant = ? ORDER BY last_used_ms DESC, id LIMIT ?
                """,
                tenant,
                max(0, limit)
            ) { row throws(StoreError) in StoredFile(row) }
        }
    }

    package nonisolated func leastUsedFiles(
        of tenant: Tenant.ID?,
        limit: Int
    ) async throws(StoreError) -> [StoredFile] {
        try await read { store throws(StoreError) in
            try store.all(
                """
                SELECT id, tenant, hash, bytes, kind, uses, released, created_ms, last_used_ms
                FROM file
                WHERE ?1 IS NULL OR tenant = ?1
                ORDER BY uses > 0, last_used_ms, id LIMIT ?2
                """,
                tenant,
                max(0, limit)
            ) { row throws(StoreError) in StoredFile(row) }
        }
    }

    package nonisolated func expiredFiles(
        before time: Timestamp,
        of tenant: Tenant.ID?,
        limit: Int
    ) async throws(StoreError) -> [StoredFile] {
        try await read { store throws(StoreError) in
            try store.all(
                """
                SELECT id, tenant, hash, bytes, kind, uses, released, created_ms, last_used_ms
                FROM file
                WHERE last_used_ms < ?1 AND (?2 IS NULL OR tenant = ?2)
                ORDER BY last_used_ms, id LIMIT ?3
                """,
                time,
                tenant,
                max(0, limit)
            ) { row throws(StoreError) in StoredFile(row) }
        }
    }

    package nonisolated func files(
        after id: String,
        limit: Int
    ) async throws(StoreError) -> [StoredFile] {
        try await read { store throws(StoreError) in
            try store.all(
                """
                SELECT id, tenant, hash, bytes, kind, uses, released, created_ms, last_used_ms
                FROM file
                WHERE id > ? ORDER BY id LIMIT ?
                """,
                id,
                max(0, limit)
            ) { row throws(StoreError) in StoredFile(row) }
        }
    }

    package nonisolated func unknownFiles(
        among keys: [FileKey]
    ) async throws(StoreError) -> [FileKey] {
        try await read { store throws(StoreError) in
            var unknown: [FileKey] = []
            for key in keys {
                let known = try store.first(
                    "SELECT 1 FROM file WHERE tenant = ? AND hash = ?",
                    key.tenant,
                    key.hash
                ) { _ throws(StoreError) in true }
                if known == nil { unknown.append(key) }
            }
            return unknown
        }
    }

    @discardableResult
    package nonisolated func deleteFile(_ id: String) async throws(StoreError) -> Bool {
        try await write { store throws(StoreError) in
            try store.run("DELETE FROM file WHERE id = ?", id) > 0
        }
    }

    package nonisolated func fileTotals() async throws(StoreError) -> [Tenant.ID: FileTotal] {
        try await read { store throws(StoreError) in
            let rows = try store.all(
                "SELECT tenant, count(*), sum(bytes), min(created_ms) FROM file GROUP BY tenant"
            ) { row throws(StoreError) in
                let total = FileTotal(
                    files: row.int(1),
                    bytes: row.int(2),
                    oldest: row.timestamp(3)
                )
                return (row.id(0) as Tenant.ID, total)
            }
            return Dictionary(uniqueKeysWithValues: rows)
        }
    }
}
