import BerthFiles
import BerthLoop
import BerthMemory
import BerthProviders
import BerthStore
import BerthText
import BerthWork

/// Answers commands, in Markdown.
@Loop final class Commands {
    private let tenants: TenantDirectory
    private let conversations: Conversations
    let ownTexts: OwnTexts
    private let models: ModelCatalog
    private let meter: Meter
    private let access: WebAccess
    private let files: TenantFiles

    /// The most files that a list has.
    private static nonisolated let mostListed = 20

    init(
        _ people: (tenants: TenantDirectory, access: WebAccess),
        _ conversations: Conversations,
        _ models: ModelCatalog,
        _ meter: Meter,
        _ files: TenantFiles
    ) {
        (tenants, access) = people
        self.conversations = conversations
        ownTexts = OwnTexts(conversations)
        self.models = models
        self.meter = meter
        self.files = files
    }

    /// The answer to a command, in the tenant's language.
    func answer(
        _ command: Command,
        _ session: Session,
        _ tenant: LiveTenant
    ) async throws(BotError) -> String {
        let phrase = try await phrase(command, session, tenant)
        return phrase.text(in: tenant.language)
    }

    private func phrase(
        _ command: Command,
        _ session: Session,
        _ tenant: LiveTenant
    ) async throws(BotError) -> Phrase {
        switch command {
        case .help: .help
        case .new: try await new(session)
        case .model(let name): try await model(name, session)
        case .usage: .usage(meter.usage(tenant))
        case .stop: Phrase(.nothingToStop)  // answered where turns are known
        case .web: .webLink(try await access.link(for: tenant))
        case .translate: Phrase(.translateUsage)
        case .image(let problem): .imageUsage(problem)
        case .files: try await list(tenant)
        case .delete(let name): try await delete(name, of: tenant)
        case .lang(let choice): try await language(choice, of: tenant)
        case .instructions(let text): try await instructions(text, session, tenant)
        case .prompts: .prompts(try await names(of: tenant))
        case .unknown(let word): .unknownCommand(word)
        }
    }

    private func new(_ session: Session) async throws(BotError) -> Phrase {
        try await withBotErrors { () async throws(StoreError) in
            try await conversations.store.clearWindow(of: session.id)
        }
        return Phrase(.freshStart)
    }

    private func model(_ name: String, _ session: Session) async throws(BotError) -> Phrase {
        guard !name.isEmpty else {
            return .models(chosen: session.model ?? ModelCatalog.anyModel, names: models.names)
        }
        do {
            try await conversations.change(session, SessionChange(model: name))
        } catch {
            guard case .unknownModel = error else { throw error }
            return .nothingChanged(error)
        }
        return .modelChosen(name)
    }

    /// Shows or changes the language of the bot.
    private func language(
        _ choice: LanguageChoice,
        of tenant: LiveTenant
    ) async throws(BotError) -> Phrase {
        switch choice {
        case .none:
            return .language(tenant.language, isChosen: tenant.row.language != nil)
        case .automatic:
            try await tenants.choose(nil, for: tenant)
            return .languageChanged(tenant.language, isChosen: false)
        case .language(let language):
            try await tenants.choose(language, for: tenant)
            return .languageChanged(tenant.language, isChosen: true)
        case .unknown(let word):
            return .languageUnknown(word.cut(toBytes: 32).replacing("`", with: "'"))
        }
    }

    /// Shows or changes the instructions of a person or of a conversation.
    private func instructions(
        _ text: String,
        _ session: Session,
        _ tenant: LiveTenant
    ) async throws(BotError) -> Phrase {
        guard !session.isGroup else { return Phrase(.instructionsInGroup) }
        guard !text.isEmpty else {
            return .instructions(try await ownTexts.instructions(in: session))
        }
        let (size, most) = (ByteCount(text.utf8.count), OwnTexts.longestInstructions)
        guard size.bytes <= 2 * most.bytes else { throw .textTooLong(size, limit: most) }
        let (word, rest) = text.firstWord
        let isHere = word.spells("here")
        let new = isHere ? rest : text
        guard !new.isEmpty else { return Phrase(.instructionsUsage) }
        let isDeletion = new.spells("none")
        let words = isDeletion ? "" : new
        if isHere {
            try await ownTexts.instruct(words, in: session.publicID, by: tenant)
        } else {
            try await ownTexts.instruct(words, by: tenant)
        }
        return Phrase(isDeletion ? .instructionsDeleted : .instructionsSaved)
    }

    private func names(of tenant: LiveTenant) async throws(BotError) -> [String] {
        let lease: MemoryLease
        do { lease = try tenant.account.lease(OwnTexts.listSize, for: .replyBuffer) } catch {
            throw .memory(error)
        }
        let names = try await ownTexts.list(of: tenant).map(\.name).filter { !$0.isEmpty }
        _ = consume lease
        return names
    }

    private func list(_ tenant: LiveTenant) async throws(BotError) -> Phrase {
        let listed: [StoredFile]
        do {
            listed = try await files.list(of: tenant.row.id, limit: Commands.mostListed)
        } catch { throw BotError(error) }
        let use = files.accounts.use(of: tenant.row.id)
        return .files(FileList(newest: listed, use: use, owner: tenant.fileOwner))
    }

    /// Deletes one file, or all.
    private func delete(_ name: String, of tenant: LiveTenant) async throws(BotError) -> Phrase {
        guard !name.isEmpty else { return Phrase(.deleteUsage) }
        do throws(FilesError) {
            if name == "all" {
                return .filesDeleted(try await files.deleteAll(of: tenant.row.id))
            }
            let file = try await files.file(name, of: tenant.row.id)
            try await files.deleteWithThumbnails(file)
            return .filesDeleted(FileTotal(files: 1, bytes: file.bytes))
        } catch {
            guard error == .notFound else { throw BotError(error) }
            return .nothingChanged(.files(error))
        }
    }
}
