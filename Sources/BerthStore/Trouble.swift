package import BerthLoop

/// A failure that may need a person, as an operator is shown it.
///
/// It never holds content.
package struct Trouble: Equatable, Sendable {
    /// The thing that failed.
    package enum Subject: Equatable, Sendable {
        /// A turn, by the name that clients know.
        case turn(String)
        /// A call of the API. Nobody can make it again, because its client is gone.
        case call(Call.ID)
        /// A part of a reply that was given up, and the place where it was to be delivered.
        case part(OutboxPart.ID, Place)
    }

    /// The turn, call or part of a reply.
    package let subject: Subject
    /// The tenant who pays.
    ///
    /// It may have been removed.
    package let tenant: Tenant.ID
    /// `failed` or `uncertain`.
    ///
    /// A call is never `failed`, a part of a reply never `uncertain`.
    package let state: Turn.State
    /// The reason in English and without content, or nil if none was stored.
    package let reason: String?
    /// The model that was asked, as `provider/model`.
    package let model: String?
    /// The number of times that a provider was asked, or was about to be, or that the delivery of a
    /// part has failed.
    package let attempts: Int
    /// The time of its end.
    package let ended: Timestamp

    init(_ row: borrowing Row) throws(StoreError) {
        let name = row.textOrNil(0)
        if let name {
            subject = .turn(name)
        } else if row.textOrNil(8) == nil {
            subject = .call(row.id(1))
        } else {
            subject = .part(row.id(1), try Place(row, from: 8))
        }
        tenant = row.id(2)
        state = try row.word(3)
        reason = row.textOrNil(4)
        model = row.textOrNil(5)
        attempts = row.int(6)
        ended = row.timestamp(7)
    }
}

/// The numbers of failures that may need a person, and of those that a start has mended.
package struct TroubleCounts: Equatable, Sendable {
    /// Turns that have failed.
    package var failedTurns: Int
    /// Calls whose outcome is unknown, of turns and of the API.
    package var uncertainCalls: Int
    /// Parts of replies that were given up.
    package var failedParts: Int
    /// Calls whose outcome is unknown and which the house bears, because their turns were asked
    /// again.
    package var absorbedCalls: Int
    /// The most that those may have cost, in millionths of a dollar.
    package var absorbedMicros: Int64
    /// The number of times that a part of a reply was sent again although it may have been
    /// delivered.
    package var unsureParts: Int
}
