import BerthFiles
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
    private let files: TenantFiles

    /// The most files that a list has.
    private static nonisolated let mostListed = 20

    init(
        _ store: any Store,
        _ conversations: Conversations,
        _ models: ModelCatalog,
        _ meter: Meter,
        _ access: WebAccess,
        _ files: TenantFiles
    ) {
        self.store = store
        self.conversations = conversations
        self.models = models
        self.meter = meter
        self.access = access
        self.files = files
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
        case .image(let problem): Phrase.imageUsage(problem).text()
        case .files: try await list(tenant)
        case .delete(let name): try await delete(name, of: tenant)
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

    private func list(_ tenant: LiveTenant) async throws(BotError) -> String {
        let listed: [StoredFile]
        do {
            listed = try await files.list(of: tenant.row.id, limit: Commands.mostListed)
        } catch { throw BotError(error) }
        let use = files.accounts.use(of: tenant.row.id)
        return Phrase.files(FileList(newest: listed, use: use, owner: tenant.fileOwner)).text()
    }

    /// Deletes one file, or all.
    private func delete(_ name: String, of tenant: LiveTenant) async throws(BotError) -> String {
        guard !name.isEmpty else { return Phrase.deleteUsage.text() }
        do throws(FilesError) {
            if name == "all" {
                return Phrase.filesDeleted(try await files.deleteAll(of: tenant.row.id)).text()
            }
            let file = try await files.file(name, of: tenant.row.id)
            try await files.deleteWithThumbnails(file)
            return Phrase.filesDeleted(FileTotal(files: 1, bytes: file.bytes)).text()
        } catch {
            guard error == .notFound else { throw BotError(error) }
            return Phrase.nothingChanged(.files(error)).text()
        }
    }
}
