package import BerthLoop

/// A part of a reply that is to be delivered at a place of a channel.
package struct OutboxDraft: Equatable, Sendable {
    /// The place where it is delivered.
    package var place: Place
    /// The content, in the channel's own form.
    package var body: String

    /// The channel's id of the message that is answered, or nil if it is not quoted.
    ///
    /// A reply to a turn takes it from the turn.
    package var heard: String?

    /// Makes a draft.
    package init(place: Place, body: String, answering heard: String? = nil) {
        self.place = place
        self.body = body
        self.heard = heard
    }
}

/// A part of a reply in the outbox.
package struct OutboxPart: Equatable, Sendable {
    /// The key of a row of this kind.
    package typealias ID = RowID<OutboxPart>

    /// The life of a part: waiting → sent or failed.
    ///
    /// A failed one may be made to wait again.
    package enum State: String, SQLConvertible, CaseIterable, Sendable {
        case waiting
        case sent
        /// Given up. A person may want it sent again.
        case failed
    }

    /// Its key.
    package let id: ID
    /// The turn that it replies to, or nil if it answers a command.
    package let turn: Turn.ID?
    /// The tenant who paid for it.
    package let tenant: Tenant.ID
    /// The place where it is delivered.
    package let place: Place
    /// Its number within the turn's reply, from 1.
    package let part: Int
    /// The content, in the channel's own form.
    package let body: String
    /// The part's state.
    package let state: State
    /// The number of failed deliveries.
    package let attempts: Int
    /// When it is tried again, or nil for at once.
    package let due: Timestamp?
    /// Why the last attempt failed.
    package let error: String?
    /// The channel's id of the delivered message, or nil if it gave none.
    package let message: String?
    /// When it was made.
    package let created: Timestamp
    /// When it was sent or given up, or nil if it waits.
    package let finished: Timestamp?
    /// When its sending began, or nil if it has not or its outcome was recorded.
    ///
    /// A part of an earlier run with this time may have been delivered.
    package let begun: Timestamp?
    /// The number of times that it was sent again although it may have been delivered.
    package let unsure: Int
    /// The channel's id of the message that is answered, or nil if it is not quoted.
    package let heard: String?
    /// The channel's id of the message that showed the answer while it was written, or nil.
    package let preview: String?
}

extension OutboxPart {
    /// Reads the columns that ``Connection`` selects for a part.
    init(_ row: borrowing Row) throws(StoreError) {
        id = row.id(0)
        turn = row.idOrNil(1)
        tenant = row.id(2)
        place = try Place(row, from: 3)
        part = row.int(6)
        body = row.text(7)
        state = try row.word(8)
        attempts = row.int(9)
        due = row.timestampOrNil(10)
        error = row.textOrNil(11)
        message = row.textOrNil(12)
        created = row.timestamp(13)
        finished = row.timestampOrNil(14)
        begun = row.timestampOrNil(15)
        unsure = row.int(16)
        heard = row.textOrNil(17)
        preview = row.textOrNil(18)
    }
}
