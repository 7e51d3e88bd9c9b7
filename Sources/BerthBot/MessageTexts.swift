import BerthFiles
import BerthLoop
import BerthMemory
import BerthStore
import BerthText
import BerthWork

/// The messages that are too long for a turn's row, each as a file of its tenant.
///
/// The turn has the beginning of the text, which people see, and the model reads the file.
@Loop final class MessageTexts {
    private let files: TenantFiles

    /// The most bytes of such a message.
    static nonisolated let most = ByteCount.mebibytes(2)
    /// The bytes of its beginning, which its turn has.
    static nonisolated let beginning = 2_048

    init(_ files: TenantFiles) { self.files = files }

    /// Makes the whole text of a message known, and leaves the beginning of a long one in it.
    ///
    /// - Throws: ``BotError/files(_:)`` if the file of a stored one is deleted.
    func complete(_ message: inout Message, of tenant: LiveTenant) async throws(BotError) {
        if let file = message.wholeText {
            message.asked = try await read(file, of: tenant)
        } else if message.text.utf8.count > Turns.textLimit.bytes {
            message.asked = message.text
            message.text = message.text.shortened(toBytes: MessageTexts.beginning)
        }
    }

    /// The file with the whole text of a complete message, which is written if there is none yet.
    ///
    /// - Returns: nil if the message is not long.
    /// - Throws: ``BotError/files(_:)``.
    func file(of message: Message, of tenant: LiveTenant) async throws(BotError) -> TurnPicture? {
        guard message.wholeText == nil, let text = message.asked else { return message.wholeText }
        let stored: StoredFile
        do {
            let (bytes, plain) = (Array(text.utf8), FileKind("text/plain"))
            stored = try await files.add(bytes, plain, for: tenant.fileOwner)
        } catch { throw BotError(error) }
        var file = TurnPicture(file: stored.id, width: 0, height: 0)
        (file.kind, file.bytes) = (stored.kind, stored.bytes)
        return file
    }

    /// Reads the whole text of a message.
    ///
    /// Its memory is leased before.
    ///
    /// - Throws: ``BotError/files(_:)``, also if the file is deleted.
    func read(_ text: TurnPicture, of tenant: LiveTenant) async throws(BotError) -> String {
        do {
            let opened = try await files.open(try await files.file(text.file, of: tenant.row.id))
            let bytes = try await files.read(opened, at: 0, count: opened.bytes)
            return String(decoding: bytes, as: UTF8.self)
        } catch { throw BotError(error) }
    }

    /// Reads the whole texts of earlier messages.
    ///
    /// The beginning stands for a text whose file is deleted.
    func read(_ window: inout SessionWindow, of tenant: LiveTenant) async {
        for index in window.exchanges.indices {
            guard let file = window.exchanges[index].wholeText else { continue }
            guard let text = try? await read(file, of: tenant) else { continue }
            window.exchanges[index].text = text
        }
    }
}
