import BerthConfig
import BerthLoop
import BerthProviders
import BerthStore
import BerthWork

/// Answers commands, in Markdown.
@Loop final class Commands {
    private let store: any Store
    private let conversations: Conversations
    private let models: ModelCatalog
    private let meter: Meter
    private let access: WebAccess

    init(
        _ store: any Store,
        _ conversations: Conversations,
        _ models: ModelCatalog,
        _ meter: Meter,
        _ access: WebAccess
    ) {
        self.store = store
        self.conversations = conversations
        self.models = models
        self.meter = meter
        self.access = access
    }

    func answer(
        _ command: Command,
        _ session: Session,
        _ tenant: LiveTenant
    ) async throws(BotError) -> String {
        switch command {
        case .help: Commands.help
        case .new: try await new(session)
        case .model(let name): try await model(name, session, tenant)
        case .usage: usage(tenant)
        case .stop: ""  // Turns answers it
        case .web:
            "Open this link in a browser within a day. It works once.\n\n"
                + (try await access.link(for: tenant))
        case .translate: Translation.usage
        case .unknown(let word): "There is no command `/\(word)`.\n\n\(Commands.help)"
        }
    }

    private static let help = """
        | command | what it does |
        |---|---|
        | `/new` | forgets the conversation so far |
        | `/model [name]` | shows the models, or chooses one for this conversation |
        | `/translate [language] text` | translates a text, into English if no language is named |
        | `/usage` | shows how much you have used and how much is left |
        | `/stop` | stops the answer that is being written |
        | `/web` | gives you a link to this bot in your browser |
        | `/help` | shows this list |
        """

    private func new(_ session: Session) async throws(BotError) -> String {
        try await withBotErrors { () async throws(StoreError) in
            try await store.clearWindow(of: session.id)
        }
        return "Done. Earlier messages are no longer sent to the model."
    }

    private func model(
        _ name: String,
        _ session: Session,
        _ tenant: LiveTenant
    ) async throws(BotError) -> String {
        guard !name.isEmpty else {
            let list = models.names.map { "- `\($0)`" }.joined(separator: "\n")
            return "This conversation uses `\(session.model ?? ModelCatalog.anyModel)`. "
                + "The models are:\n\n\(list)\n\nChoose one with `/model NAME`."
        }
        do {
            try await conversations.change(
                session.publicID,
                SessionChange(title: nil, model: name),
                by: tenant
            )
        } catch {
            guard case .unknownModel = error else { throw error }
            return "Nothing was changed: \(error)."
        }
        return "This conversation now uses `\(name)`."
    }

    private func usage(_ tenant: LiveTenant) -> String {
        let usage = meter.usage(tenant)
        return """
            | | used | limit |
            |---|---|---|
            | requests today | \(usage.requests) | \(usage.requestsLimit) |
            | tokens today | \(usage.tokens) | \(usage.tokensLimit) |
            | dollars this month | \(Money(micros: usage.spentMicros)) \
            | \(Money(micros: usage.spendLimitMicros)) |

            The daily limits reset at \(usage.resets).
            """
    }
}
