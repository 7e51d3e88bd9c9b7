/// Verbs for texts that are bought beside answers.
///
/// A text's row is written with the reservation of its call
/// (``LedgerStore/startCall(_:at:)``) and gets its words with the settlement.
package protocol SideTextStore: Sendable {
    /// The first of the texts that an earlier try has asked for, or nil if none has.
    func sideText(_ names: [SideText]) async throws(StoreError) -> SideText.Outcome?
}

extension Connection {
    /// The key of a text's row: the kind and the id of its owner, and its name there.
    private struct SideKey {
        let (source, owner, media): (String, Int64, String)
    }

    /// The key of a text's row, or nil if its owner is unknown or needs it no more.
    private func key(of name: SideText) throws(StoreError) -> SideKey? {
        let (source, owner, media): (String, Int64?, String)
        switch name {
        case .transcript(let file, let update):
            (source, media) = ("update", file)
            owner = try first(
                """
                SELECT id FROM channel_update
                WHERE bot = ? AND number = ? AND finished_ms IS NULL
                """,
                update.bot,
                update.number
            ) { row throws(StoreError) in row.int64(0) }
        case .prompt(let turn):
            (source, media) = ("turn", "")
            owner = try state(of: turn)?.isOpen == true ? turn.value : nil
        }
        return owner.map { SideKey(source: source, owner: $0, media: media) }
    }

    /// Records that a call buys a text, if its owner still needs it.
    func begin(_ name: SideText, by call: Call.ID) throws(StoreError) {
        guard let key = try key(of: name) else { return }
        try run(
            """
            INSERT INTO side_text (source, owner, media, call) VALUES (?, ?, ?, ?)
            ON CONFLICT DO UPDATE SET call = excluded.call, text = NULL, lost = 0
            """,
            key.source,
            key.owner,
            key.media,
            call
        )
    }

    /// Keeps the text that a call has bought, or that it was charged without one.
    func keep(_ text: String?, by call: Call.ID) throws(StoreError) {
        try run(
            "UPDATE side_text SET text = ?, lost = ? WHERE call = ?",
            text,
            text == nil,
            call
        )
    }

    /// Whether a text is bought again after its call was left open.
    ///
    /// It is, once, if the call holds less than `limit` millionths of a dollar. After that it is
    /// lost.
    func mayBuyTextAgain(_ call: Call.ID, below limit: Int64) throws(StoreError) -> Bool {
        let isAgain =
            try run(
                """
                UPDATE side_text SET asked_again = asked_again + 1
                WHERE call = ?1 AND asked_again < ?3
                    AND (SELECT reserved_micros FROM call WHERE id = ?1) < ?2
                """,
                call,
                limit,
                Connection.mostAskedAgain
            ) > 0
        if !isAgain { try keep(nil, by: call) }
        return isAgain
    }

    /// Lets a turn whose text was lost buy it again, at a person's wish.
    func forgetLostText(of turn: Turn.ID) throws(StoreError) {
        try run(
            "DELETE FROM side_text WHERE source = 'turn' AND owner = ? AND lost = 1",
            turn
        )
    }

    func sideText(_ names: [SideText]) throws(StoreError) -> SideText.Outcome? {
        for name in names {
            guard let key = try key(of: name) else { continue }
            let found = try first(
                """
                SELECT text, lost FROM side_text WHERE source = ? AND owner = ? AND media = ?
                """,
                key.source,
                key.owner,
                key.media
            ) { row throws(StoreError) in
                row.bool(1) ? .lost : row.textOrNil(0).map { SideText.Outcome.text($0) }
            }
            if let outcome = found ?? nil { return outcome }
        }
        return nil
    }
}

extension Database: SideTextStore {
    package nonisolated func sideText(
        _ names: [SideText]
    ) async throws(StoreError) -> SideText.Outcome? {
        try await read { store throws(StoreError) in try store.sideText(names) }
    }
}
