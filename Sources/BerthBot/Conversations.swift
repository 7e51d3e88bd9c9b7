package import BerthLoop
package import BerthMemory
package import BerthProviders
package import BerthStore
package import BerthTelemetry
import BerthText

/// A conversation as clients see it.
package struct SessionInfo: Encodable, Sendable {
    /// Its public name.
    package let id: String
    /// The first words of its first message, or what the user called it; "" for a new one.
    package let title: String
    /// The model chosen for it; nil: `berth`.
    package let model: String?
    /// When something was last said in it.
    package let updated: Timestamp

    private enum CodingKeys: String, CodingKey {
        case id
        case title
        case model
        case updated = "updated_ms"
    }

    init(_ session: Session) {
        id = session.publicID
        title = session.title
        model = session.model
        updated = session.updated
    }
}

/// What a client may change of a conversation; nil: stays as it is.
package struct SessionChange: Decodable, Sendable {
    /// The new title, at most 200 characters; more is cut.
    package var title: String?
    /// The model's name; "" or `berth` for the configuration's list.
    package var model: String?

    /// Makes a change.
    package init(title: String? = nil, model: String? = nil) {
        self.title = title
        self.model = model
    }
}

/// A message and its answer as clients see them.
package struct TurnInfo: Encodable, Sendable {
    /// The public name.
    package let id: String
    /// What was asked.
    package let text: String
    /// What came of an answer.
    package let answer: String
    /// How it stands.
    package let state: String
    /// Why there is no whole answer; null when there is nothing to say.
    package let error: String?
    /// Which model answered.
    package let model: String?
    /// Of the prompt.
    package let inputTokens: Int
    /// Of the answer.
    package let outputTokens: Int
    /// Whether the tokens are estimated.
    package let isEstimated: Bool
    /// When it was asked.
    package let created: Timestamp

    private enum CodingKeys: String, CodingKey {
        case id
        case text
        case answer
        case state
        case error
        case model
        case inputTokens = "input_tokens"
        case outputTokens = "output_tokens"
        case isEstimated = "estimated"
        case created = "created_ms"
    }

    init(_ turn: Turn) {
        id = turn.publicID
        text = turn.text
        answer = turn.answer
        state = turn.state.rawValue
        error = turn.error
        model = turn.model
        inputTokens = turn.inputTokens
        outputTokens = turn.outputTokens
        isEstimated = turn.isEstimated
        created = turn.created
    }
}

/// A page of a conversation's history, oldest first.
package struct TurnPage: Encodable, Sendable {
    /// The turns.
    package let turns: [TurnInfo]
    /// Whether there are older ones.
    package let more: Bool
}

/// The conversations of tenants: list, make, change, delete, read.
@Loop package final class Conversations {
    let database: Database
    let models: ModelCatalog
    private let surroundings: Surroundings

    /// Conversations in a list; older ones are kept but not listed.
    private static nonisolated let listLimit = 200

    /// Conversations of one tenant on one channel that are not deleted.
    package static nonisolated let mostLive = 1_000

    /// The text of a page after which no further turn is added to it.
    fileprivate static nonisolated let pageBytes = 256 << 10
    /// What a page holds, but for a last answer that is itself as large: its text, and again as JSON.
    package static nonisolated let usualPage = ByteCount(2 * pageBytes)

    /// Makes the conversations over `database`.
    package init(database: Database, models: ModelCatalog, in surroundings: Surroundings) {
        self.database = database
        self.models = models
        self.surroundings = surroundings
    }

    /// A tenant's conversations on `channel`, the last used first.
    package func list(
        _ tenant: LiveTenant,
        _ channel: Channel
    ) async throws(BotError) -> [SessionInfo] {
        let id = tenant.row.id
        return try await database.look { (connection) throws(StoreError) in
            try connection.sessions(of: id, channel: channel, limit: Conversations.listLimit)
                .map(SessionInfo.init)
        }
    }

    /// A new, empty conversation.
    ///
    /// In the terminal, where nobody returns to an old one, it takes the place of the oldest when
    /// there are ``mostLive``.
    ///
    /// - Throws: ``BotError/tooManySessions(limit:)`` when there are so many elsewhere.
    package func create(
        _ tenant: LiveTenant,
        _ channel: Channel
    ) async throws(BotError) -> SessionInfo {
        let (id, now) = (tenant.row.id, surroundings.clock.timestamp)
        let publicID = Secret256.publicID(from: surroundings.entropy)
        let session = try await database.change { (connection) throws(StoreError) -> Session? in
            if try connection.sessionCount(of: id, channel: channel) >= Conversations.mostLive {
                guard channel == .terminal,
                    let oldest = try connection.oldestSession(of: id, channel: channel)
                else { return nil }
                try connection.deleteSession(oldest, at: now)
            }
            return try connection.addSession(
                publicID: publicID,
                channel: channel,
                tenant: id,
                at: now
            )
        }
        guard let session else { throw .tooManySessions(limit: Conversations.mostLive) }
        return SessionInfo(session)
    }

    /// Changes the title or the model.
    package func change(
        _ publicID: String,
        _ change: SessionChange,
        by tenant: LiveTenant
    ) async throws(BotError) {
        let session = try await find(publicID, of: tenant)
        let model = try change.model.map { (name) throws(BotError) in try known(name) }
        try await database.change { (connection) throws(StoreError) in
            if let title = change.title {
                try connection.setTitle(title.cut(to: 200), of: session.id)
            }
            if let model { try connection.setModel(model, of: session.id) }
        }
    }

    /// Deletes a conversation for its owner; what it cost stays in the ledger.
    package func delete(_ publicID: String, by tenant: LiveTenant) async throws(BotError) {
        let session = try await find(publicID, of: tenant)
        let now = surroundings.clock.timestamp
        try await database.change { (connection) throws(StoreError) in
            try connection.deleteSession(session.id, at: now)
        }
    }

    /// A page of history, oldest first: at most 50 turns, and about 1 MiB.
    ///
    /// - Parameters:
    ///   - publicID: the conversation.
    ///   - before: the public name of the oldest turn that is known; nil: the newest page.
    ///   - tenant: who asks.
    /// - Returns: the page.
    /// - Throws: ``BotError``.
    package func turns(
        of publicID: String,
        before: String?,
        for tenant: LiveTenant
    ) async throws(BotError) -> TurnPage {
        let session = try await find(publicID, of: tenant).id
        let page = try await database.look { (connection) throws(StoreError) in
            try connection.page(of: session, before: before)
        }
        guard let page else { throw .noTurn }
        return page
    }

    /// The conversation called `publicID`, if it is the tenant's.
    func find(_ publicID: String, of tenant: LiveTenant) async throws(BotError) -> Session {
        let session = try await database.look { (connection) throws(StoreError) in
            try connection.session(publicID: publicID)
        }
        guard let session, session.tenant == tenant.row.id else { throw .noSession }
        return session
    }

    /// The stored form of a model's name: nil for the configuration's list.
    func known(_ name: String) throws(BotError) -> String? {
        if name.isEmpty || name == ModelCatalog.anyModel { return nil }
        guard let model = models.find(name) else {
            throw .unknownModel(name, known: models.names)
        }
        return model.id
    }
}

extension Connection {
    /// - Returns: nil when `before` is no turn of the conversation.
    fileprivate func page(
        of session: Session.ID,
        before: String?
    ) throws(StoreError) -> TurnPage? {
        var last: Turn.ID?
        if let before {
            guard let turn = try turn(publicID: before), turn.session == session else { return nil }
            last = turn.id
        }
        var page: [TurnInfo] = []
        var left = Conversations.pageBytes
        // One by one, because a single answer may be as large as a page.
        while page.count < 50, left > 0 {
            guard let turn = try turns(of: session, before: last, limit: 1).first else {
                return TurnPage(turns: page.reversed(), more: false)
            }
            page.append(TurnInfo(turn))
            last = turn.id
            left -= turn.text.utf8.count + turn.answer.utf8.count
        }
        let more = try !turns(of: session, before: last, limit: 1).isEmpty
        return TurnPage(turns: page.reversed(), more: more)
    }
}
