import BerthConfig
import BerthLoop
import BerthProviders
import BerthStore

/// What a user can tell the bot itself, on every channel.
enum Command: Equatable {
    case help
    case new
    case model(String)
    case usage
    case stop
    case web
    case translate
    case unknown(String)

    /// Reads a message that begins with `/` and a word; nil for all others, and for a translation,
    /// which is a turn.
    init?(_ text: String) {
        guard let (word, rest) = Command.split(text) else { return nil }
        switch word.lowercased() {
        case "help", "start": self = .help
        case "new": self = .new
        case "model": self = .model(rest)
        case "usage": self = .usage
        case "stop": self = .stop
        case "web": self = .web
        case "translate":
            guard Translation(text) == nil else { return nil }
            self = .translate
        default: self = .unknown(String(word.prefix(32)))
        }
    }

    /// The word after the `/` that a message begins with, and what follows it, trimmed; nil where it
    /// does not begin so.
    static func split(_ text: String) -> (word: Substring, rest: String)? {
        guard text.first == "/" else { return nil }
        let word = text.dropFirst().prefix { !$0.isWhitespace }
        guard !word.isEmpty, word.allSatisfy({ $0.isLetter || $0 == "_" }) else { return nil }
        return (word, String(text.dropFirst(1 + word.count)).trimmed)
    }
}

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
        case .stop: ""  // answered where turns are known
        case .web:
            "Open this link in a browser within a day; it works once:\n\n"
                + (try await access.link(for: tenant))
        case .translate: Translation.usage
        case .unknown(let word): "There is no command `/\(word)`.\n\n\(Commands.help)"
        }
    }

    private static let help = """
        | command | what it does |
        |---|---|
        | `/new` | forgets what was said so far: the next answer starts afresh |
        | `/model [name]` | shows the models, or chooses one for this conversation |
        | `/translate [language] text` | puts a text into a language, English unless named |
        | `/usage` | what you have used today, and what is left |
        | `/stop` | ends the answer that is being written |
        | `/web` | a link to this bot in your browser |
        | `/help` | this list |
        """

    private func new(_ session: Session) async throws(BotError) -> String {
        try await withBotErrors { () async throws(StoreError) in
            try await store.clearWindow(of: session.id)
        }
        return "A fresh start: nothing said so far is sent to the model any more."
    }

    private func model(
        _ name: String,
        _ session: Session,
        _ tenant: LiveTenant
    ) async throws(BotError) -> String {
        guard !name.isEmpty else {
            let list = models.names.map { "- `\($0)`" }.joined(separator: "\n")
            return "This conversation uses `\(session.model ?? ModelCatalog.anyModel)`. "
                + "There is:\n\n\(list)\n\nChoose with `/model NAME`."
        }
        do {
            try await conversations.change(
                session.publicID,
                SessionChange(title: nil, model: name),
                by: tenant
            )
        } catch {
            guard case .unknownModel = error else { throw error }
            return "Nothing is changed: \(error)."
        }
        return "From now on `\(name)` answers in this conversation."
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

            The day's are whole again at \(usage.resets).
            """
    }
}
