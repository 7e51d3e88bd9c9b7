/// Verbs for the instructions and prompts that people write for themselves.
package protocol OwnTextStore: Sendable {
    /// The texts of a tenant by name. The first is the person's instructions, if there are any.
    func ownTexts(of tenant: Tenant.ID) async throws(StoreError) -> [OwnText]

    /// A text of a tenant. nil if there is none.
    func ownText(_ name: String, of tenant: Tenant.ID) async throws(StoreError) -> String?

    /// Writes a text of a tenant in the place of the one with its name.
    ///
    /// - Parameters:
    ///   - text: the text, which is deleted if it is empty.
    ///   - tenant: the tenant.
    ///   - limit: the most texts with a name.
    /// - Returns: whether there was room for it.
    /// - Throws: ``StoreError/notFound(what:)`` if the tenant is removed.
    func keep(
        _ text: OwnText,
        of tenant: Tenant.ID,
        limit: Int
    ) async throws(StoreError) -> Bool

    /// The instructions for a conversation and those of its owner, of which a group has none.
    func instructions(in session: Session) async throws(StoreError) -> OwnInstructions

    /// Writes the instructions for one conversation, or deletes them if `text` is empty.
    ///
    /// - Throws: ``StoreError/notFound(what:)``.
    func instruct(_ session: Session.ID, _ text: String) async throws(StoreError)
}

extension Database: OwnTextStore {
    package nonisolated func ownTexts(of tenant: Tenant.ID) async throws(StoreError) -> [OwnText] {
        try await read { store throws(StoreError) in
            try store.all("SELECT name, text FROM own_text WHERE tenant = ? ORDER BY name", tenant)
            {
                row throws(StoreError) in OwnText(name: row.text(0), text: row.text(1))
            }
        }
    }

    package nonisolated func ownText(
        _ name: String,
        of tenant: Tenant.ID
    ) async throws(StoreError) -> String? {
        try await read { store throws(StoreError) in
            try store.first(
                "SELECT text FROM own_text WHERE tenant = ? AND name = ?",
                tenant,
                name
            ) { row throws(StoreError) in row.text(0) }
        }
    }

    package nonisolated func keep(
        _ text: OwnText,
        of tenant: Tenant.ID,
        limit: Int
    ) async throws(StoreError) -> Bool {
        try await write { store throws(StoreError) in
            try store.requirePresent(tenant)
            store.hasPurged = true
            guard !text.text.isEmpty else {
                try store.run(
                    "DELETE FROM own_text WHERE tenant = ? AND name = ?",
                    tenant,
                    text.name
                )
                return true
            }
            return try store.run(
                """
                INSERT INTO own_text (tenant, name, text)
                SELECT ?1, ?2, ?3 WHERE ?2 = '' OR ?4 > (
                    SELECT count(*) FROM own_text WHERE tenant = ?1 AND name <> '' AND name <> ?2)
                ON CONFLICT DO UPDATE SET text = excluded.text
                """,
                tenant,
                text.name,
                text.text,
                limit
            ) > 0
        }
    }

    package nonisolated func instructions(
        in session: Session
    ) async throws(StoreError) -> OwnInstructions {
        try await read { store throws(StoreError) in try store.ownInstructions(in: session) }
    }

    package nonisolated func instruct(
        _ session: Session.ID,
        _ text: String
    ) async throws(StoreError) {
        try await write { store throws(StoreError) in
            try store.requireSession(
                store.run(
                    """
                    UPDATE session SET instructions = ? WHERE id = ? AND deleted_ms IS NULL
                    """,
                    text,
                    session
                )
            )
            store.hasPurged = true
        }
    }
}

extension Connection {
    /// The instructions for a conversation and those of its owner, of which a group has none.
    func ownInstructions(in session: Session) throws(StoreError) -> OwnInstructions {
        guard let tenant = session.tenant else { return OwnInstructions() }
        return try first(
            """
            SELECT instructions,
                coalesce((SELECT text FROM own_text WHERE tenant = ?2 AND name = ''), '')
            FROM session WHERE id = ?1
            """,
            session.id,
            tenant
        ) { row throws(StoreError) in
            OwnInstructions(general: row.text(1), special: row.text(0))
        } ?? OwnInstructions()
    }
}
