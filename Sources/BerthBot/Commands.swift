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
