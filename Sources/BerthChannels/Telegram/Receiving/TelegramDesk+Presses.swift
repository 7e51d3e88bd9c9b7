import BerthBot
import BerthFiles
import BerthLoop
import BerthStore
import BerthWork

/// Presses of buttons, whose data anybody can forge.
extension TelegramDesk {
    /// Acts on a press, and answers it in any case.
    func take(_ press: TelegramPress, _ updates: [ChannelUpdate]) async throws(BotError) {
        let words: TelegramPhrase?
        do throws(BotError) { words = try await act(on: press, updates) } catch {
            switch error {
            case .stopping, .store: throw error
            case .noTurn, .noSession: words = .pressTooOld
            default: words = .pressFailed
            }
        }
        try await finish(updates)
        let language = try await door.tenant(of: press.from)?.language ?? press.from.spoken
        do throws(TelegramFailure) {
            try await own.client.answer(press: press.id, words?.text(in: language))
        } catch { own.note(error, in: press.from.id) }
    }

    /// - Returns: the words for the person, or nil for none.
    private func act(
        on press: TelegramPress,
        _ updates: [ChannelUpdate]
    ) async throws(BotError) -> TelegramPhrase? {
        guard let data = press.data.flatMap({ TelegramButtonData($0) }) else {
            return .pressTooOld
        }
        if case .decide(let id, let approves) = data {
            return try await door.decide(id, approves: approves, by: press.from)
        }
        guard let tenant = try await door.tenant(of: press.from), let chat = press.chat else {
            return .pressNotYours
        }
        let place = own.place(chat.id, press.topic).place
        guard let session = try await bot.conversations.find(at: place, for: tenant) else {
            return .pressTooOld
        }
        switch data {
        case .stop: return bot.turns.stop(in: session, by: tenant) ? .stopped : .pressTooOld
        case .again(let id):
            _ = try await bot.turns.ended(id, at: session, of: tenant)
            return nil
        case .goOn(let id):
            let turn = try await bot.turns.ended(id, at: session, of: tenant)
            return turn.ending == .length ? nil : .pressTooOld
        case .decide: return nil
        case .file(let id):
            let turn = try await bot.turns.ended(id, at: session, of: tenant)
            try await sendFiles(of: turn, in: session, to: tenant, updates)
            return nil
        case .delete(let id):
            let turn = try await bot.turns.ended(id, at: session, of: tenant)
            try await deletePictures(of: turn, press, tenant)
            return .pressDeleted
        }
    }

    /// Sends the answer of a turn as a file, or its pictures as they are.
    private func sendFiles(
        of turn: Turn,
        in session: Session,
        to tenant: LiveTenant,
        _ updates: [ChannelUpdate]
    ) async throws(BotError) {
        var bodies: [TelegramBody] = []
        for picture in turn.pictures {
            var body = TelegramBody()
            (body.pictures, body.isOriginal) = ([picture.file], true)
            bodies.append(body)
        }
        if bodies.isEmpty {
            var body = TelegramBody()
            (body.file, body.turn) = (TelegramBody.whole, turn.id.value)
            bodies.append(body)
        }
        let parts = bodies.compactMap(\.json)
        try await bot.turns.send(parts, in: session, to: tenant, finishing: updates)
    }

    /// Deletes the pictures of a turn, and the messages that show them.
    private func deletePictures(
        of turn: Turn,
        _ press: TelegramPress,
        _ tenant: LiveTenant
    ) async throws(BotError) {
        for picture in turn.pictures {
            do throws(FilesError) {
                let file = try await bot.files.file(picture.file, of: tenant.row.id)
                try await bot.files.deleteWithThumbnails(file)
            } catch {
                guard error == .notFound else { throw BotError(error) }
            }
        }
        guard let chat = press.chat?.id else { return }
        let stored: [String]
        do { stored = try await bot.resources.store.messages(of: turn.id) } catch {
            throw .store(error)
        }
        let messages = stored.flatMap { $0.split(separator: ",") }.compactMap { Int($0) }
        for message in messages {
            do throws(TelegramFailure) { try await own.client.delete(message, in: chat) } catch {
                own.note(error, in: chat)
            }
        }
    }
}
