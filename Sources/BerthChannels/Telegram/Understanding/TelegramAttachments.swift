package import BerthBot
import BerthFiles
import BerthHTTP
package import BerthLoop
package import BerthMemory
import BerthProviders
package import BerthStore
package import BerthTelemetry
import BerthText
package import BerthWork

/// Reads the attachments of messages: pictures become the tenant's files, texts and recordings
/// become text.
@Loop package final class TelegramAttachments {
    /// A message as a question.
    package struct Question: Sendable {
        /// The text with everything that was read; empty if there is none.
        package var text = ""
        /// The ids of the tenant's files, which are pictures.
        package var files: [String] = []
        /// The things that the sender is told.
        package var notes: [TelegramNote] = []

        /// Whether there is nothing to ask.
        package var isEmpty: Bool { text.isEmpty && files.isEmpty }
    }

    private let bot: Bot
    private let fetch: TelegramFetch
    private let surroundings: Surroundings

    /// The most pictures of a message that are taken.
    package static nonisolated let mostPictures = 8
    /// The memory of a small document while it is read, or of a file on its way to the disk.
    package static nonisolated let memory = ByteCount.mebibytes(1)

    /// Makes it for a bot of Telegram.
    package init(_ bot: Bot, _ client: TelegramClient, in surroundings: Surroundings) {
        self.bot = bot
        self.surroundings = surroundings
        fetch = TelegramFetch(client, in: surroundings)
    }

    /// Reads a message with its attachments as a question of a tenant.
    ///
    /// An attachment that cannot be read is a note. The memory is leased from the tenant's account
    /// while an attachment is read.
    ///
    /// - Parameters:
    ///   - message: the message, or a whole album.
    ///   - tenant: the tenant who writes and pays.
    ///   - updates: the updates that brought it, with which the transcripts of its recordings are
    ///     kept.
    ///   - request: the id of the request, for the log.
    /// - Returns: the question, which is empty if nothing could be read.
    /// - Throws: ``BotError``: for pictures that no model sees or that are refused now, for memory,
    ///   and if the task is cancelled.
    package func question(
        of message: TelegramMessage,
        from tenant: LiveTenant,
        updates: [ChannelUpdate] = [],
        request: String = "-"
    ) async throws(BotError) -> Question {
        var (question, prompt) = (Question(), TelegramPrompt())
        let reading = Reading(tenant: tenant, updates: updates, request: request)
        if let kind = message.unread { question.notes.append(.unread(kind)) }
        for attachment in message.attachments {
            try tenant.mayAsk()
            let lease: MemoryLease
            do {
                lease = try tenant.account.lease(memory(of: attachment), for: .requestBody)
            } catch { throw .memory(error) }
            try await read(attachment, reading, &question, &prompt)
            _ = consume lease
        }
        question.text = prompt.text(of: message)
        return question
    }

    /// The most bytes of the documents of a message.
    private var mostDocuments: Int {
        TelegramPrompt.documents(for: bot.models.choices.first)
    }

    /// The memory of an attachment while it is read.
    private func memory(of attachment: TelegramAttachment) -> ByteCount {
        guard case .document(let media) = attachment, case .text = TelegramDocument(media) else {
            return Self.memory
        }
        // As UTF-16, as a text, and in the question.
        return max(Self.memory, ByteCount(6 * mostDocuments))
    }

    /// One message that is read.
    private struct Reading {
        let tenant: LiveTenant
        let updates: [ChannelUpdate]
        let request: String
    }

    private func read(
        _ attachment: TelegramAttachment,
        _ reading: Reading,
        _ question: inout Question,
        _ prompt: inout TelegramPrompt
    ) async throws(BotError) {
        let tenant = reading.tenant
        do throws(Stop) {
            switch attachment {
            case .photo(let media): try await take(media, .jpeg, tenant, &question)
            case .sound(let media):
                try await hear(media, FileKind(media.type ?? ""), reading, &prompt)
            case .document(let media):
                switch TelegramDocument(media) {
                case .picture(let kind): try await take(media, kind, tenant, &question)
                case .sound(let kind): try await hear(media, kind, reading, &prompt)
                case .text:
                    try await read(media, &prompt)
                    guard let last = prompt.documents.last, last.isCut else { break }
                    let size = ByteCount(last.text.utf8.count)
                    question.notes.append(.documentCut(last.name, at: size))
                case .other: throw .note(.documentUnread(Self.name(of: media)))
                }
            }
        } catch {
            switch error {
            case .note(let note): question.notes.append(note)
            case .refusal(let error): throw error
            }
        }
    }

    /// The end of the work on an attachment.
    private enum Stop: Error {
        /// The attachment is left out.
        case note(TelegramNote)
        /// The message is refused.
        case refusal(BotError)
    }

    private static func name(of media: TelegramMedia) -> String {
        let name = HarmlessText.line(media.name ?? "").replacing("`", with: "'")
        return name.isEmpty ? "-" : name.shortened(toBytes: 64)
    }

    private func stop(_ failure: TelegramFailure) -> Stop {
        switch failure {
        case .tooLarge: return .note(.tooLarge)
        case .cancelled: return .refusal(.stopping)
        default:
            surroundings.log.warning(
                "a file could not be fetched from Telegram",
                ["why": .text("\(failure)")]
            )
            return .note(.notFetched)
        }
    }

    // MARK: Pictures

    /// Stores a picture as a file of the tenant.
    ///
    /// Whether it is one is checked when the message is accepted.
    private func take(
        _ media: TelegramMedia,
        _ kind: FileKind,
        _ tenant: LiveTenant,
        _ question: inout Question
    ) async throws(Stop) {
        guard bot.models.choices.contains(where: \.hasVision) else {
            throw .refusal(.blind(nil, seeing: []))
        }
        guard question.files.count < Self.mostPictures else {
            throw .note(.picturesLeftOut(Self.mostPictures))
        }
        do throws(BotError) { try bot.admit(kind) } catch { throw .refusal(error) }
        let writer = try await write(media, kind, tenant)
        do throws(FilesError) { question.files.append(try await writer.finish().id) } catch {
            throw .note(.refused(BotError(error)))
        }
    }

    /// Writes a file to the disk as it arrives.
    private func write(
        _ media: TelegramMedia,
        _ kind: FileKind,
        _ tenant: LiveTenant
    ) async throws(Stop) -> FileWriter {
        let response: HTTPClientResponse
        do { response = try await fetch.begin(media) } catch { throw stop(error) }
        let writer: FileWriter
        do throws(FilesError) {
            writer = try await bot.files.begin(kind, for: tenant.fileOwner)
        } catch {
            response.cancel()
            throw .note(.refused(BotError(error)))
        }
        var left = TelegramMedia.mostBytes
        while let piece = try await next(of: response, writer) {
            left -= piece.count
            guard left >= 0 else {
                response.cancel()
                await writer.discard()
                throw .note(.tooLarge)
            }
            do throws(FilesError) { try await writer.write(piece) } catch {
                response.cancel()
                throw .note(.refused(BotError(error)))
            }
        }
        return writer
    }

    private func next(
        of response: HTTPClientResponse,
        _ writer: FileWriter
    ) async throws(Stop) -> [UInt8]? {
        do { return try await response.next() } catch {
            await writer.discard()
            throw stop(TelegramFailure(error))
        }
    }

    // MARK: Recordings

    /// Adds the words of a recording, which is transcribed unless an earlier run has done so.
    private func hear(
        _ media: TelegramMedia,
        _ kind: FileKind,
        _ reading: Reading,
        _ prompt: inout TelegramPrompt
    ) async throws(Stop) {
        let known: SideText.Outcome?
        do throws(StoreError) {
            let names = reading.updates.map { SideText.transcript(of: media.id, in: $0) }
            known = try await bot.resources.store.sideText(names)
        } catch { throw .refusal(.store(error)) }
        let text: String
        switch known {
        case .text(let words): text = words
        case .lost: throw .note(.lost)
        case nil: text = try await transcribe(media, kind, reading)
        }
        let used = prompt.transcripts.reduce(0) { $0 + $1.utf8.count }
        let kept = text.cut(toBytes: max(0, TelegramPrompt.mostTranscripts - used))
        guard kept.unicodeScalars.contains(where: { !$0.isSpace }) else { throw .note(.noWords) }
        prompt.transcripts.append(kept)
    }

    /// Transcribes a recording, whose file is not kept.
    private func transcribe(
        _ media: TelegramMedia,
        _ kind: FileKind,
        _ reading: Reading
    ) async throws(Stop) -> String {
        guard !bot.speech.models.isEmpty else { throw .note(.noTranscription) }
        let asked = surroundings.clock.now
        let writer = try await write(media, kind, reading.tenant)
        let text: String
        do throws(BotError) {
            let opened: OpenedFile
            do throws(FilesError) { opened = try await writer.opened() } catch {
                throw BotError(error)
            }
            guard opened.bytes > 0 else { throw BotError(FilesError.empty) }
            // A video message has no type of its own.
            let named = kind == .unknown ? FileKind("video/mp4") : kind
            var ask = try SpeechAsk(
                UnkeptFile(opened, named, in: bot.files),
                seconds: media.seconds,
                bot.speech.models,
                reading.tenant,
                requestID: reading.request,
                since: asked
            )
            // A task of a message is cancelled by the service's stop alone, or by the operator.
            ask.errand = reading.updates.first.map { update in
                Errand(.transcript(of: media.id, in: update)) { Task.isCancelled }
            }
            text = try await bot.speech.transcribe(ask)
        } catch {
            await writer.discard()
            if case .provider(.cancelled) = error { throw .refusal(error) }
            throw .note(.refused(error))
        }
        await writer.discard()
        return text
    }

    // MARK: Documents

    /// Reads the beginning of a text.
    private func read(_ media: TelegramMedia, _ prompt: inout TelegramPrompt) async throws(Stop) {
        let name = Self.name(of: media)
        let known = prompt.documents.reduce(0) { $0 + $1.text.utf8.count }
        let most = max(0, mostDocuments - known)
        let (bytes, isWhole): ([UInt8], Bool)
        do {
            // All that may be kept, in UTF-16.
            (bytes, isWhole) = try await fetch.beginning(of: media, atMost: 2 * mostDocuments)
        } catch { throw stop(error) }
        let text = await LargeWork.run(on: bytes.count) { TextEncoding.document(bytes) }
        guard let text, !text.isEmpty else { throw .note(.documentUnread(name)) }
        let kept = text.cut(toBytes: most)
        let isCut = !isWhole || kept.utf8.count < text.utf8.count
        prompt.documents.append(.init(name: name, text: kept, isCut: isCut))
    }
}

extension FileKind {
    fileprivate static let jpeg = FileKind("image/jpeg")
}
