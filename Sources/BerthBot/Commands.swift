import BerthLoop
import BerthProviders
import BerthStore
import BerthWork

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
        case .help: Phrase.help.text()
        case .new: try await new(session)
        case .model(let name): try await model(name, session)
        case .usage: Phrase.usage(meter.usage(tenant)).text()
        case .stop: ""  // answered where turns are known
        case .web: Phrase.webLink(try await access.link(for: tenant)).text()
        case .translate: Phrase.translateUsage.text()
        case .unknown(let word): Phrase.unknownCommand(word).text()
        }
    }

    private func new(_ session: Session) async throws(BotError) -> String {
        try await withBotErrors { () async throws(StoreError) in
            try await store.clearWindow(of: session.id)
        }
        return Phrase.freshStart.text()
    }

    private func model(_ name: String, _ session: Session) async throws(BotError) -> String {
        guard !name.isEmpty else {
            let chosen = session.model ?? ModelCatalog.anyModel
            return Phrase.models(chosen: chosen, names: models.names).text()
        }
        do {
            try await conversations.change(session, SessionChange(model: name))
        } catch {
            guard case .unknownModel = error else { throw error }
            return Phrase.nothingChanged(error).text()
        }
        return Phrase.modelChosen(name).text()
    }
}
