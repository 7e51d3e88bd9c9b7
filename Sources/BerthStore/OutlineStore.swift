/// Verbs for the titles and summaries that models write.
///
/// ``LedgerStore/startCall(_:at:)`` records that a call writes one, and the settlement of the call
/// writes its words. A call that was released leaves nothing.
package protocol OutlineStore: Sendable {
    /// Whether a title was written for a conversation, or is being written.
    func hasTitle(_ session: Session.ID) async throws(StoreError) -> Bool

    /// The part of the branch that a conversation shows which is to be summarized next.
    ///
    /// - Parameters:
    ///   - publicID: the conversation.
    ///   - limits: the most that is read, and the size that is worth a summary.
    /// - Returns: nil if no summary is due, or the last one has failed and little was said since.
    ///   Groups have none.
    /// - Throws: ``StoreError`` as every verb does.
    func summaryWork(
        of publicID: String,
        within limits: SummaryWork.Limits
    ) async throws(StoreError) -> SummaryWork?
}

extension Database: OutlineStore {
    package nonisolated func hasTitle(_ session: Session.ID) async throws(StoreError) -> Bool {
        try await read { store throws(StoreError) in
            try store.first(
                "SELECT 1 FROM outline WHERE session = ? AND kind = 'title'",
                session
            ) { _ throws(StoreError) in true } ?? false
        }
    }

    package nonisolated func summaryWork(
        of publicID: String,
        within limits: SummaryWork.Limits
    ) async throws(StoreError) -> SummaryWork? {
        try await read { store throws(StoreError) in
            guard let session = try store.session(publicID: publicID), !session.isGroup else {
                return nil
            }
            return try store.summaryWork(of: session, within: limits)
        }
    }
}
