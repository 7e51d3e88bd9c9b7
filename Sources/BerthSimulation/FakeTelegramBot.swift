import BerthHTTP
package import BerthLoop
import BerthTelemetry
import BerthText

/// A bot of ``FakeTelegram``: its updates, its chats and what it has sent.
@Loop package final class FakeTelegramBot {
    /// A message, an edit, a draft or another call that a user would see.
    package struct Sent: Equatable, Sendable, Encodable {
        /// The method as Berth named it, in lower case.
        package var method: String
        /// The chat.
        package var chat: Int
        /// The topic, or nil.
        package var topic: Int?
        /// The message's id; that of a draft for a draft.
        package var message: Int
        /// The text or the caption.
        package var text: String
        /// The arguments with their values as text, without the text itself.
        package var arguments: [String: String]
        /// The time since the fake's start in milliseconds.
        package var ms: Int64
    }

    /// A file that can be downloaded.
    struct File {
        let path: String
        let content: [UInt8]
        /// The size that messages name, which may differ from the content's.
        let size: Int
    }

    let id: Int
    /// The updates that were not confirmed yet, in their order.
    private(set) var updates: [(id: Int, json: [UInt8])] = []
    /// The calls by method, in lower case.
    package var counts: [String: Int] = [:]
    /// The arguments of a call of each form, by the method as it was named and the arguments' names.
    private(set) var forms: [String: [String: String]] = [:]
    /// The calls that a user would see, in their order.
    package private(set) var sent: [Sent] = []
    /// The faults that were found in calls, even if the real server would mend them.
    package private(set) var faults: [String] = []
    /// The messages that exist, by chat and id: the text with its markup.
    var messages: [Int: [Int: String]] = [:]
    var chats: [Int: Chat] = [:]
    /// The fault of all calls of this bot, or nil.
    package var refusal: FakeTelegram.FaultKind?
    var files: [String: File] = [:]
    var presses: [String: Bool] = [:]
    var commands: [String: String] = [:]
    var webhook: FakeTelegramWebhook?
    let surroundings: Surroundings

    private let client: any HTTPSending
    private let start: Instant
    private var flood: FakeTelegramFlood
    private var nextUpdate = 900_001
    /// Whether an update has come with a smaller number than the one before it.
    private var isReordered = false
    private var nextMessage = 1
    private var poller: Poller?
    private var watchers: [Int: any FakeTelegramWatcher] = [:]

    /// A chat that is not as new ones are.
    struct Chat {
        /// The words of a 403.
        var refusal: String?
        /// The supergroup that it has become.
        var migratedTo: Int?
        /// The topics that are gone.
        var goneTopics: Set<Int> = []
    }

    private final class Poller {
        let bell = Wakeup()
        var conflict: String?
    }

    /// The most waiting updates, beyond which new ones are lost.
    static nonisolated let mostUpdates = 100_000
    /// The most calls and faults that are kept.
    static nonisolated let mostKept = 100_000
    /// The most forms of calls that are kept.
    static nonisolated let mostForms = 256
    static nonisolated let otherPoller =
        "terminated by other getUpdates request; make sure that only one bot instance is running"
    static nonisolated let hasWebhook =
        "can't use getUpdates method while webhook is active; use deleteWebhook to delete the "
        + "webhook first"

    init(
        _ id: Int,
        _ flood: FakeTelegramFlood,
        _ client: any HTTPSending,
        in surroundings: Surroundings
    ) {
        (self.id, self.flood, self.client, self.surroundings) = (id, flood, client, surroundings)
        start = surroundings.clock.now
    }

    /// The number of updates that were not confirmed.
    package var waiting: Int { webhook?.waiting.count ?? updates.count }

    var seconds: Int64 { surroundings.clock.timestamp.milliseconds / 1000 }

    /// The answers 429, and the calls within a `retry_after`.
    package var floods: (refused: Int, early: Int) { (flood.refused, flood.early) }

    // MARK: Updates

    /// Brings in an update: the members beside `update_id`, such as `"message":{…}`.
    ///
    /// - Parameters:
    ///   - members: JSON without the braces.
    ///   - given: the id, which may repeat an earlier one; nil for the next one.
    ///   - key: the order in which webhooks deliver: those of one key one after the other.
    /// - Returns: the update's id.
    @discardableResult
    package func bring(_ members: String, id given: Int? = nil, key: Int = 0) -> Int {
        let update = given ?? nextUpdate
        isReordered = isReordered || update < nextUpdate
        nextUpdate = max(nextUpdate, update + 1)
        let json = Array(#"{"update_id":\#(update),\#(members)}"#.utf8)
        if let webhook {
            webhook.add(update, json, key: key)
        } else if updates.count < Self.mostUpdates {
            updates.append((update, json))
        }
        poller?.bell.signal()
        return update
    }

    /// The id of a new message.
    package func newMessage() -> Int {
        nextMessage += 1
        return nextMessage
    }

    func poll(_ call: FakeTelegramCall, _ request: HTTPRequest) async throws(FakeTelegramRefusal)
        -> [UInt8]
    {
        guard webhook == nil else { throw FakeTelegramRefusal(409, Self.hasWebhook) }
        poller?.conflict = Self.otherPoller
        poller?.bell.signal()
        let own = Poller()
        poller = own
        defer { if poller === own { poller = nil } }
        forget(call.integer("offset") ?? 0)
        let timeout = min(max(0, call.integer("timeout") ?? 0), 50)
        let limit = min(max(1, call.integer("limit") ?? 100), 100)
        let timer = surroundings.clock.schedule(after: .seconds(timeout)) {
            own.conflict = own.conflict ?? ""
            own.bell.signal()
        }
        request.whenEnded { own.bell.signal() }
        defer { timer.cancel() }
        while updates.isEmpty, timeout > 0, own.conflict == nil {
            do { try await own.bell.wait() } catch { throw FakeTelegramRefusal(500, "gone") }
        }
        if let words = own.conflict, !words.isEmpty { throw FakeTelegramRefusal(409, words) }
        let bodies = updates.map(\.json)[..<min(limit, updates.count)]
        return [0x5B] + Array(bodies.joined(separator: [0x2C])) + [0x5D]
    }

    /// Forgets the updates before `offset`.
    ///
    /// A negative one keeps the last ones.
    private func forget(_ offset: Int) {
        if offset < 0 {
            updates.removeFirst(max(0, updates.count + offset))
        } else if let last = updates.last, offset <= last.id + 11 {
            // Nearly always the first ones, of which there may be very many behind them.
            let first = updates.prefix { $0.id < offset }.count
            updates.removeFirst(first)
            if isReordered { updates.removeAll { $0.id < offset } }
        }
    }

    /// Ends the poll that waits, as a change of the mode does.
    func endPoll(_ words: String) {
        poller?.conflict = words
        poller?.bell.signal()
    }

    /// Sends updates to `url` from now on, beginning with those that wait; nil ends it.
    func deliver(to url: String?, secret: String?) {
        for (update, json) in webhook?.waiting ?? [] { updates.append((update, json)) }
        webhook?.end()
        guard let url else {
            webhook = nil
            return
        }
        let webhook = FakeTelegramWebhook(url, secret: secret, client, in: surroundings)
        self.webhook = webhook
        for (update, json) in updates { webhook.add(update, json, key: 0) }
        updates = []
    }

    func dropUpdates() { updates = [] }

    // MARK: Calls

    /// Keeps the last call of each form.
    func keep(_ call: FakeTelegramCall, named method: String) {
        let form = "\(method) \(call.names.joined(separator: " "))"
        guard forms[form] != nil || forms.count < Self.mostForms else { return }
        forms[form] = arguments(of: call)
    }

    private func arguments(of call: FakeTelegramCall) -> [String: String] {
        var arguments = call.form.fields
        for file in call.form.files { arguments["file:" + file.name] = "\(file.bytes)" }
        return arguments
    }

    /// Has a person see what is sent to a chat, which is not kept in ``sent`` any more.
    func watch(_ chat: Int, _ watcher: any FakeTelegramWatcher) { watchers[chat] = watcher }

    /// Notes a call that a user would see.
    func note(_ call: FakeTelegramCall, chat: Int, message: Int, text: String) {
        let watcher = watchers[chat]
        guard watcher != nil || sent.count < Self.mostKept else { return }
        let arguments = arguments(of: call).filter { $0.key != "text" && $0.key != "caption" }
        let one = Sent(
            method: call.method,
            chat: chat,
            topic: call.integer("message_thread_id"),
            message: message,
            text: text,
            arguments: arguments,
            ms: (surroundings.clock.now - start).milliseconds()
        )
        if let watcher { watcher.saw(one) } else { sent.append(one) }
    }

    /// Notes a refused call, unless it is what a bot cannot avoid.
    func refused(_ call: FakeTelegramCall, _ refusal: FakeTelegramRefusal) {
        guard refusal.status == 400, refusal.migratedTo == nil else { return }
        fault("\(call.method): \(refusal.words)")
    }

    /// Notes a fault of a call.
    func fault(_ words: String) { if faults.count < Self.mostKept { faults.append(words) } }

    func count(_ chat: Int) throws(FakeTelegramRefusal) {
        try flood.take(chat, at: surroundings.clock.now)
    }

    /// Closes a chat for a time.
    func close(_ chat: Int, for wait: Duration) {
        flood.close(chat, for: wait, at: surroundings.clock.now)
    }

    /// Refuses all calls to a chat with 403 and these words, until its person writes again.
    package func block(_ chat: Int, _ words: String) {
        chats[chat, default: Chat()].refusal = words
    }

    /// Deletes a message, as a person can.
    package func delete(_ message: Int, in chat: Int) { messages[chat]?[message] = nil }

    /// Refuses all calls to a group, because it has become a supergroup.
    package func migrate(_ chat: Int, to other: Int) {
        chats[chat, default: Chat()].migratedTo = other
    }

    /// The content of a file.
    func content(at path: String) -> [UInt8]? {
        files.values.first { $0.path == path }?.content
    }
}
