package import BerthLoop

/// One message and its answer.
package struct Turn: Equatable, Sendable {
    /// The key of a row of this kind.
    package typealias ID = RowID<Turn>

    /// The kind of work that a message asks for.
    package enum Kind: String, SQLConvertible, CaseIterable, Sendable {
        /// Answered with the conversation's window.
        case message
        /// Answered without the window, and no part of later windows.
        case translation
        /// Answered with a picture, and no part of later windows.
        case image
    }

    /// Its key.
    package let id: ID
    /// Random.
    ///
    /// Clients know the turn by it.
    package let publicID: String
    /// The conversation it belongs to.
    package let session: Session.ID
    /// The tenant who pays.
    package let tenant: Tenant.ID
    /// The kind of work.
    package let kind: Kind
    /// The turn's state.
    package let state: State
    /// The message.
    package let text: String
    /// All of the answer, or what came of it.
    ///
    /// "" before the first word.
    package let answer: String
    /// The reason of a failure, in words for the author.
    package let error: String?
    /// As the provider knows it.
    package let model: String?
    /// The number of times that a provider was asked, or was about to be.
    package let attempts: Int
    /// When it is tried again, after a failure that passes, or nil for at once.
    package let due: Timestamp?
    /// Tokens of prompts.
    package let inputTokens: Int
    /// Tokens of answers.
    package let outputTokens: Int
    /// Whether the tokens are our estimate, not the provider's count.
    package let isEstimated: Bool
    /// The reason for which the model ended the answer, or nil if it did not.
    package let ending: Ending?
    /// The model's reasoning before the answer.
    package let reasoning: String
    /// The sources that the answer cites, as a JSON list of objects, or "" for none.
    package let sources: String
    /// The channel's id of the message, if the answer quotes it.
    package let heard: String?
    /// The pictures that came with the message, in their order.
    package internal(set) var inputs: [TurnPicture] = []
    /// The pictures of the answer, in their order.
    package internal(set) var pictures: [TurnPicture] = []
    /// The file with the whole message, of which ``text`` is the beginning, or nil if ``text`` is all of
    /// it.
    package internal(set) var wholeText: TurnPicture?
    /// The turn before it, or nil if it is the first of its branch.
    package let parent: Turn.ID?
    /// Whether its answer goes on where that of ``parent`` was cut.
    package let isContinuation: Bool
    /// Whether an answer that somebody was given before is not wanted.
    package let isFresh: Bool
    /// The model that its author named for it alone, or nil for the conversation's.
    package let wish: String?
    /// Whether its answer comes from the cache.
    package let isCached: Bool
    /// The cost of its answer in millionths of a dollar.
    package let micros: Int64
    /// The public id of the newest turn of its branch that its prompt had no room for, or nil if it had
    /// room for all.
    package let leftOut: String?
    /// Whether its prompt had a summary of all that it had no room for.
    package let isSummarized: Bool
    /// Its place among the turns beside it, which only a page of history has, or nil if there are none.
    package internal(set) var branch: TurnBranch?
    /// When it was made.
    package let created: Timestamp
    /// When it ended, or nil if it has not.
    package let finished: Timestamp?
}

extension Turn {
    /// Reads the columns that ``Connection`` selects for a turn.
    init(_ row: borrowing Row) throws(StoreError) {
        id = row.id(0)
        publicID = row.text(1)
        session = row.id(2)
        tenant = row.id(3)
        kind = try row.word(4)
        state = try row.word(5)
        text = row.text(6)
        answer = row.text(7)
        error = row.textOrNil(8)
        model = row.textOrNil(9)
        attempts = row.int(10)
        due = row.timestampOrNil(11)
        inputTokens = row.int(12)
        outputTokens = row.int(13)
        isEstimated = row.bool(14)
        created = row.timestamp(15)
        finished = row.timestampOrNil(16)
        ending = row.textOrNil(17).flatMap { Ending(rawValue: $0) }
        reasoning = row.text(18)
        sources = row.text(19)
        // Column 20 tells whether it has files.
        parent = row.int64(21) == 0 ? nil : row.id(21)
        isContinuation = row.bool(22)
        isFresh = row.bool(23)
        wish = row.textOrNil(24)
        isCached = row.bool(25)
        micros = row.int64(26)
        heard = row.textOrNil(27)
        leftOut = row.textOrNil(28)
        isSummarized = row.bool(29)
    }
}
