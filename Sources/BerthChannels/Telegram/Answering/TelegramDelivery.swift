import BerthBot
import BerthFiles
import BerthLoop
import BerthMemory
import BerthProviders
import BerthStore
import BerthTelemetry
import BerthText
import BerthWork

/// Delivers parts of replies to Telegram.
@Loop final class TelegramDelivery {
    private let bot: Bot
    private let bots: [Int: TelegramBot]

    /// The pause of parts for a bot that is not configured or whose token is refused.
    private static let longPause = Duration.seconds(300)
    /// The pause of a part whose call has not reached the server.
    private static let pause = Duration.seconds(5)
    /// The most attempts of one call that differ in what the server has refused.
    private static let mostForms = 3

    init(_ bot: Bot, _ bots: [Int: TelegramBot]) { (self.bot, self.bots) = (bot, bots) }

    /// One part on its way.
    struct Sending {
        let own: TelegramBot
        let place: TelegramPlace
        let attempt: DeliveryAttempt
        /// The tenant who pays, or nil if it was removed.
        let tenant: LiveTenant?
        let buttons: [[TelegramButton]]

        var client: TelegramClient { own.client }
        /// The place of its messages, of which the first one quotes the message that is answered.
        var target: TelegramTarget {
            let heard = attempt.part.part == 1 ? attempt.part.heard : nil
            return place.target(answering: heard.flatMap { Int($0) })
        }
    }

    /// Delivers a part as ``Channel/deliver(_:)`` does.
    func deliver(_ attempt: DeliveryAttempt) async throws(DeliveryError) -> String? {
        let part = attempt.part
        guard let place = TelegramPlace(part.place), let body = TelegramBody(part.body) else {
            throw .never("the part is not one of Telegram")
        }
        guard let own = bots[place.bot] else {
            throw .postponed("the bot \(place.bot) is not configured", Self.longPause)
        }
        let shown = await preview(of: part, own, place.chat)
        let tenant = bot.tenants.tenant(part.tenant)
        let sending = Sending(
            own: own,
            place: place,
            attempt: attempt,
            tenant: tenant,
            buttons: Self.buttons(of: body, part.turn, tenant?.language ?? .english)
        )
        let message: String?
        if !body.pictures.isEmpty {
            message = try await pictures(body, sending)
        } else if let index = body.file {
            message = try await file(index, of: body.turn, sending)
        } else {
            message = try await text(body.part, sending, replacing: shown)
        }
        if let shown, message != "\(shown)" {
            try? await own.client.delete(shown, in: place.chat)
        }
        if let turn = part.turn, part.part == 1 { own.previews[turn] = nil }
        return message
    }

    /// The message whose place a part takes, because it has shown the answer while it was written,
    /// or nil.
    ///
    /// The preview of an earlier run is known from the database.
    private func preview(of part: OutboxPart, _ own: TelegramBot, _ chat: Int) async -> Int? {
        guard part.part == 1, let turn = part.turn else { return nil }
        let stored = part.preview.flatMap { Int($0) }
        guard let preview = own.previews[turn] else { return stored }
        let shown = await preview.close()
        // The messages of a group are gone when it becomes a supergroup.
        return preview.target.chat == chat ? shown ?? stored : nil
    }

    private static func buttons(
        of body: TelegramBody,
        _ turn: Turn.ID?,
        _ language: Language
    ) -> [[TelegramButton]] {
        guard let turn, !body.buttons.isEmpty else { return [] }
        let row = body.buttons.map { button in
            let (words, data): (TelegramPhrase, TelegramButtonData) =
                switch button {
                case .again: (.buttonAgain, .again(turn))
                case .goOn: (.buttonContinue, .goOn(turn))
                case .file: (.buttonFile, .file(turn))
                case .larger: (.buttonLarger, .file(turn))
                case .delete: (.buttonDelete, .delete(turn))
                }
            return TelegramButton(text: words.text(in: language), data: data.text)
        }
        return [row]
    }

    // MARK: Forms

    private func text(
        _ part: TelegramPart,
        _ sending: Sending,
        replacing shown: Int?
    ) async throws(DeliveryError) -> String? {
        var (part, target) = (part, sending.target)
        if let shown {
            let result = try await call(sending) { () throws(TelegramFailure) in
                try await sending.client.edit(
                    shown,
                    in: target.chat,
                    to: part,
                    buttons: sending.buttons
                )
            }
            if case .success = result { return "\(shown)" }
        }
        for _ in 0..<Self.mostForms {
            let result = try await call(sending) { () throws(TelegramFailure) in
                try await sending.client.send(part, to: target, buttons: sending.buttons)
            }
            switch result {
            case .success(let message): return "\(message)"
            case .failure(.badFormat) where !part.entities.isEmpty: part.entities = []
            case .failure(.topicGone) where target.topic != nil: target.topic = nil
            case .failure(let failure): throw .never("\(failure)")
            }
        }
        throw .never("the message was refused in every form")
    }

    /// Sends the content of a file of an answer.
    private func file(
        _ index: Int,
        of other: Int64?,
        _ sending: Sending
    ) async throws(DeliveryError) -> String? {
        guard let turn = try await turn(of: sending, or: other) else {
            throw .never("the answer is deleted")
        }
        let size = turn.answer.utf8.count
        let lease = try lease(ByteCount(4 * size), sending)
        let language = sending.tenant?.language ?? .english
        let made = await LargeWork.run(on: size) { () -> TelegramFile? in
            let markdown = TelegramReplies.markdown(of: TurnOutcome(turn), in: language)
            guard index != TelegramBody.whole else {
                return TelegramFile(name: "answer.md", content: markdown)
            }
            let files = TelegramFiles(of: markdown, mostParts: TelegramReplies.mostParts).files
            return files.indices.contains(index) ? files[index] : nil
        }
        defer { _ = lease }
        guard let made else { throw .never("the answer has no such file") }
        let upload = TelegramUpload(
            name: made.name,
            type: "text/plain; charset=utf-8",
            bytes: Array(made.content.utf8)
        )
        return try await document(upload, sending)
    }

    private func document(
        _ upload: TelegramUpload,
        _ sending: Sending
    ) async throws(DeliveryError) -> String? {
        var target = sending.target
        for _ in 0..<Self.mostForms {
            let result = try await call(sending) { () throws(TelegramFailure) in
                try await sending.client.sendDocument(
                    upload,
                    nil,
                    to: target,
                    buttons: sending.buttons
                )
            }
            switch result {
            case .success(let message): return "\(message)"
            case .failure(.topicGone) where target.topic != nil: target.topic = nil
            case .failure(let failure): throw .never("\(failure)")
            }
        }
        throw .never("the file was refused in every form")
    }

    // MARK: Pictures

    private func pictures(
        _ body: TelegramBody,
        _ sending: Sending
    ) async throws(DeliveryError) -> String? {
        let sizes = try await turn(of: sending, or: body.turn)?.pictures ?? []
        let lease = try lease(PictureUpload.memory, sending)
        defer { _ = lease }
        var (files, arePhotos) = ([TelegramUpload](), !body.isOriginal)
        for id in body.pictures {
            guard let picture = try await picture(id, sending) else { continue }
            let size = sizes.first { $0.file == id }
            arePhotos = arePhotos && TelegramPhotoLimits.fits(picture, size?.width, size?.height)
            let kind = FileKind(picture.kind)
            files.append(
                TelegramUpload(name: kind.fileName(of: id), type: picture.kind, file: picture)
            )
        }
        guard !files.isEmpty else { throw .never("the pictures are deleted") }
        if arePhotos, let messages = try await photos(files, sending) { return messages }
        var messages: [String] = []
        for file in files { messages.append(try await document(file, sending) ?? "") }
        return messages.joined(separator: ",")
    }

    /// Sends photos, as an album if there are several.
    ///
    /// - Returns: the messages, or nil if Telegram does not take one of them as a photo.
    private func photos(
        _ files: [TelegramUpload],
        _ sending: Sending
    ) async throws(DeliveryError) -> String? {
        var target = sending.target
        for _ in 0..<Self.mostForms {
            let result = try await call(sending, count: files.count) {
                () async throws(TelegramFailure) -> [Int] in
                guard files.count > 1 else {
                    return [
                        try await sending.client.sendPhoto(
                            files[0],
                            nil,
                            to: target,
                            buttons: sending.buttons
                        )
                    ]
                }
                return try await sending.client.sendAlbum(files, nil, to: target)
            }
            switch result {
            case .success(let messages): return messages.map { "\($0)" }.joined(separator: ",")
            case .failure(.topicGone) where target.topic != nil: target.topic = nil
            case .failure: return nil
            }
        }
        return nil
    }

    private func picture(
        _ id: String,
        _ sending: Sending
    ) async throws(DeliveryError) -> StoredPicture? {
        do throws(FilesError) {
            let file = try await bot.files.file(id, of: sending.attempt.part.tenant)
            return try await StoredPicture(file, in: bot.files)
        } catch {
            switch error {
            case .notFound, .gone: return nil
            default: throw .later(error.forOperator)
            }
        }
    }

    // MARK: The call

    /// The turn that a part belongs to, or the one that it names, if it is the same tenant's.
    private func turn(
        of sending: Sending,
        or other: Int64?
    ) async throws(DeliveryError) -> Turn? {
        let part = sending.attempt.part
        guard let id = part.turn ?? other.map({ Turn.ID($0) }) else { return nil }
        do {
            let turn = try await bot.resources.store.turn(id)
            return turn?.tenant == part.tenant ? turn : nil
        } catch { throw .later("\(error)") }
    }

    private func lease(
        _ size: ByteCount,
        _ sending: Sending
    ) throws(DeliveryError) -> LeaseHolder? {
        guard let account = sending.tenant?.account else { return nil }
        do { return LeaseHolder(try account.lease(size, for: .replyBuffer)) } catch {
            throw .later("there is no memory for the message now")
        }
    }

    /// Makes a call when the chat and the bot may have one, after its beginning is recorded.
    ///
    /// - Returns: the result, or a failure that another form of the message avoids.
    /// - Throws: ``DeliveryError`` for all other failures.
    private func call<Value: Sendable>(
        _ sending: Sending,
        count: Int = 1,
        _ work: @Loop () async throws(TelegramFailure) -> Value
    ) async throws(DeliveryError) -> Result<Value, TelegramFailure> {
        let (own, chat) = (sending.own, sending.place.chat)
        let slot: SendBudget.Slot
        do throws(SendBudget.Refusal) {
            let tenant = sending.tenant?.name ?? ""
            slot = try await own.budget.slot(in: chat, tenant: tenant, count: count)
        } catch {
            switch error {
            case .later(let wait): throw .postponed("the chat's calls are used up", wait)
            case .cancelled: throw .stopping
            }
        }
        defer { own.budget.end(slot) }
        try await sending.attempt.begins()
        do throws(TelegramFailure) { return .success(try await work()) } catch {
            own.note(error, in: chat)
            switch error {
            case .badFormat, .notAPhoto, .topicGone, .messageGone: return .failure(error)
            case .migrated(let other):
                throw .moved(to: TelegramPlace(bot: sending.place.bot, chat: other).chatName)
            case .flood(let wait): throw .postponed("\(error)", wait)
            case .chatUnreachable: throw .unreachable("\(error)")
            case .badToken: throw .postponed("\(error)", Self.longPause)
            case .conflict: throw .later("\(error)")
            case .notSent: throw .postponed("\(error)", Self.pause)
            case .unknown(_, let hasAnswer): throw .unsure("\(error)", hasAnswer: hasAnswer)
            case .cancelled: throw .stopping
            case .tooLong, .tooLarge, .unknownMethod, .refused: throw .never("\(error)")
            }
        }
    }
}

extension TurnOutcome {
    /// The end of a stored turn, as far as its reply shows it.
    init(_ turn: Turn) {
        self.init(.done, answer: turn.answer, error: turn.error)
        (ending, sources, pictures) = (turn.ending, turn.sources, turn.pictures)
    }
}
