/// A finished turn as a prompt repeats it.
package struct Exchange: Equatable, Sendable {
    /// The turn it repeats.
    package let turn: Turn.ID
    /// What was asked.
    package let text: String
    /// What was answered.
    package let answer: String
}

extension Connection {
    /// What a conversation's next prompt may repeat: the latest turns with an answer (done, or
    /// stopped after its first words) since the window was cleared, newest first; `before`: only
    /// those that came earlier than it.
    ///
    /// At most `limit` turns are looked at; those whose text is not wanted are left out. The others
    /// have at most `bytes` of text and answers together, in UTF-8: the first that does not fit ends
    /// the window, so that no more is ever held.
    package func window(
        of session: Session.ID,
        before: Turn.ID? = nil,
        limit: Int,
        bytes: Int,
        where isWanted: (String) -> Bool = { _ in true }
    ) throws(StoreError) -> [Exchange] {
        var window: [Exchange] = []
        var left = bytes
        try forEach(
            """
            SELECT id, text, answer FROM turn
            WHERE session = ?1 AND id < ?3
                AND id > (SELECT cleared_turn FROM session WHERE id = ?1)
                AND state IN ('done', 'stopped') AND answer <> ''
            ORDER BY id DESC LIMIT ?2
            """,
            session,
            max(0, limit),
            before?.value ?? .max
        ) { row throws(StoreError) in
            let text = row.text(1)
            guard isWanted(text) else { return true }
            left -= row.byteCount(1) + row.byteCount(2)
            guard left >= 0 else { return false }
            window.append(Exchange(turn: row.id(0), text: text, answer: row.text(2)))
            return true
        }
        return window
    }
}
