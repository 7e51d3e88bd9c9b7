package import BerthLoop

/// One step of a turn: asking a model, running a tool, making a picture.
package struct TurnStep: Equatable, Sendable {
    /// The key of a row of this kind.
    package typealias ID = RowID<TurnStep>

    /// The kind of step.
    package enum Kind: String, SQLConvertible, CaseIterable, Sendable {
        /// A model is asked.
        case ask
        /// The model wants a tool to be run.
        case toolCall = "tool_call"
        /// A tool's result goes back to the model.
        case toolResult = "tool_result"
        /// A picture is made.
        case picture
    }

    /// The life of a step: waiting → running → one of the others, for good.
    package enum State: String, SQLConvertible, CaseIterable, Sendable {
        /// Not begun.
        case waiting
        /// Its call may be at a provider.
        case running
        /// Ended with a result.
        case done
        /// Ended without a result.
        case failed
        /// Was running when the service was killed, and its outcome is unknown.
        case uncertain
    }

    /// Its key.
    package let id: ID
    /// The turn it belongs to.
    package let turn: Turn.ID
    /// Its number within the turn, from 1.
    package let ordinal: Int
    /// The kind of step.
    package let kind: Kind
    /// The step's state.
    package let state: State
    /// Its call in the ledger, or nil if it has none.
    package let call: Call.ID?
    /// The provider's id of the job, by which a later start asks for its result, or nil if there is
    /// none.
    package let job: String?
    /// The runner's own note of the step, such as a tool's arguments or result.
    package let detail: String
    /// When it was made.
    package let created: Timestamp
    /// When it ended, or nil if it has not.
    package let finished: Timestamp?
}

extension TurnStep {
    /// Reads the columns that ``Connection`` selects for a step.
    init(_ row: borrowing Row) throws(StoreError) {
        id = row.id(0)
        turn = row.id(1)
        ordinal = row.int(2)
        kind = try row.word(3)
        state = try row.word(4)
        call = row.idOrNil(5)
        job = row.textOrNil(6)
        detail = row.text(7)
        created = row.timestamp(8)
        finished = row.timestampOrNil(9)
    }
}
