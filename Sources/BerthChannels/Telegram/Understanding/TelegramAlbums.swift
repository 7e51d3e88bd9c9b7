package import BerthLoop
package import BerthTelemetry

/// Joins the messages of each album into one.
///
/// Telegram sends an album as separate messages, without saying how many. An album is whole when no
/// further part has come for ``quiet``, or when it has ``mostParts``.
@Loop package final class TelegramAlbums {
    /// An album.
    package struct Album: Sendable {
        /// The message, with the attachments of all parts and the first text among them.
        package var message: TelegramMessage
        /// The ids of the updates that it came in.
        package var updates: [Int]
    }

    private let clock: any Clock
    private let finish: @Loop (Album) -> Void
    /// The open albums, the oldest first.
    private var open: [(key: Key, parts: [Part], timer: Timer)] = []

    /// The time without a further part after which an album is whole.
    package static nonisolated let quiet = Duration.seconds(1)
    /// The most parts of an album, which is Telegram's limit.
    package static nonisolated let mostParts = 10
    /// The most open albums, beyond which the oldest one is finished at once.
    package static nonisolated let mostOpen = 64

    private struct Key: Equatable {
        let chat: Int
        let sender: Int
        let album: String
    }

    private struct Part {
        let update: Int
        var message: TelegramMessage
    }

    /// Makes a gatherer without albums.
    ///
    /// - Parameters:
    ///   - surroundings: the clock.
    ///   - finish: takes each whole album that is for the bot, and the updates of those that are
    ///     not, as albums whose message has ``TelegramMessage/isForBot`` false.
    package init(in surroundings: Surroundings, finish: @escaping @Loop (Album) -> Void) {
        clock = surroundings.clock
        self.finish = finish
    }

    isolated deinit { for album in open { album.timer.cancel() } }

    /// Takes a part of an album.
    ///
    /// - Parameters:
    ///   - message: a message, which must have ``TelegramMessage/album``.
    ///   - update: the id of its update.
    package func add(_ message: TelegramMessage, update: Int) {
        let key = Key(
            chat: message.chat.id,
            sender: message.sender.id,
            album: message.album ?? ""
        )
        var parts = [Part(update: update, message: message)]
        if let place = open.firstIndex(where: { $0.key == key }) {
            let known = open.remove(at: place)
            known.timer.cancel()
            parts = known.parts + parts
        }
        if parts.count >= Self.mostParts { return finish(parts) }
        if open.count >= Self.mostOpen { flush(open[0].key) }
        let timer = clock.schedule(after: Self.quiet) { [weak self] in self?.flush(key) }
        open.append((key, parts, timer))
    }

    /// Finishes the open albums of a chat, before a later message of the chat is handled.
    package func flush(chat: Int) {
        for key in open.map(\.key) where key.chat == chat { flush(key) }
    }

    /// The number of open albums.
    package var count: Int { open.count }

    private func flush(_ key: Key) {
        guard let place = open.firstIndex(where: { $0.key == key }) else { return }
        let album = open.remove(at: place)
        album.timer.cancel()
        finish(album.parts)
    }

    private func finish(_ parts: [Part]) {
        let sorted = parts.sorted { $0.message.id < $1.message.id }
        guard var message = sorted.first?.message else { return }
        let all = sorted.map(\.message)
        message.text = all.first { !$0.text.isEmpty }?.text ?? ""
        message.isForBot = all.contains(where: \.isForBot)
        message.context = all.lazy.compactMap(\.context).first
        message.unread = all.lazy.compactMap(\.unread).first
        // A part that came in two updates counts once.
        message.attachments = []
        for attachment in all.flatMap(\.attachments)
        where !message.attachments.contains(where: { $0.media.id == attachment.media.id }) {
            message.attachments.append(attachment)
        }
        finish(Album(message: message, updates: parts.map(\.update)))
    }
}
