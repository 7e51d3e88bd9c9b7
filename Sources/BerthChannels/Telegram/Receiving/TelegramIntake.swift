import BerthBot
import BerthConfig
import BerthLoop
import BerthMemory
import BerthStore
import BerthTelemetry
import BerthText

/// Takes a bot's updates: stores them, and gives each new one to its line.
@Loop final class TelegramIntake {
    private let own: TelegramBot
    private let store: any Store
    private let metrics: TelegramMetrics
    private let surroundings: Surroundings
    private let lines: TelegramLines
    private let tasks = TaskPool()
    private var albums: TelegramAlbums?
    private var reader: TelegramReader?
    /// The reasons for ignoring an update that were logged.
    private var logged: Set<TelegramIgnored> = []

    /// The most reasons that are logged.
    static nonisolated let mostReasons = 64
    /// The updates of an earlier run that are read at once.
    private static nonisolated let page = 64

    init(
        _ own: TelegramBot,
        _ bot: Bot,
        counting metrics: TelegramMetrics,
        in surroundings: Surroundings
    ) {
        (self.own, self.metrics, self.surroundings) = (own, metrics, surroundings)
        store = bot.resources.store
        let desk = TelegramDesk(bot, own, in: surroundings)
        lines = TelegramLines { job in await desk.work(job) }
        albums = TelegramAlbums(in: surroundings) { [weak self] album in self?.take(album) }
    }

    /// Whether the bot's own name is known, without which no update can be read.
    var isReady: Bool { reader != nil }

    /// Whether more updates are taken.
    var hasRoom: Bool { lines.hasRoom }

    /// Returns when there is room for more updates, or when the caller is cancelled.
    func whenRoom() async { await lines.whenRoom() }

    /// Learns the bot's own name, and takes up the updates of an earlier run.
    ///
    /// - Throws: ``StoreError``.
    func begin(as me: TelegramMe) async throws(StoreError) {
        guard reader == nil else { return }
        let reader = TelegramReader(me)
        var last: Int64 = 0
        while !Task.isCancelled {
            let page = try await store.openUpdates(
                of: own.settings.id,
                after: last,
                limit: Self.page
            )
            guard let end = page.last else { break }
            last = end.order
            await lines.whenRoom()
            var done: [ChannelUpdate] = []
            for update in page {
                guard let read = TelegramUpdate(json: update.body) else {
                    done.append(update.key)
                    continue
                }
                done += await dispatch(read, reader)
            }
            try await finish(done)
        }
        self.reader = reader
    }

    /// Stores updates, and gives the new ones to their lines.
    ///
    /// When this returns, the updates survive a kill, and their server may be told so.
    func take(_ updates: [TelegramUpdate]) async throws(StoreError) {
        let stored = updates.map { StoredUpdate(key(of: $0), body: $0.json) }
        let new = Set(try await store.receive(stored, at: surroundings.clock.timestamp))
        metrics.updates.add(updates.count - new.count, "duplicate")
        guard let reader else { return }
        var (seen, done) = (Set<Int>(), [ChannelUpdate]())
        for update in updates where new.contains(key(of: update)) {
            // One answer may have an update twice.
            guard seen.insert(update.id).inserted else { continue }
            done += await dispatch(update, reader)
        }
        try await finish(done)
    }

    private func finish(_ updates: [ChannelUpdate]) async throws(StoreError) {
        guard !updates.isEmpty else { return }
        _ = try await store.finishUpdates(updates, at: surroundings.clock.timestamp)
    }

    private func key(of update: TelegramUpdate) -> ChannelUpdate {
        ChannelUpdate(bot: own.settings.id, number: update.id)
    }

    /// Gives an update to its line.
    ///
    /// - Returns: the updates that nobody works on.
    private func dispatch(
        _ update: TelegramUpdate,
        _ reader: TelegramReader
    ) async -> [ChannelUpdate] {
        let event = await LargeWork.run(on: update.json.count) { reader.event(of: update) }
        metrics.updates.add(1, event.name)
        let bytes = update.json.count
        let job = TelegramJob(work: .event(event), updates: [key(of: update)], bytes: bytes)
        switch event {
        case .message(let message):
            observe(message)
            guard message.album == nil else {
                albums?.add(message, update: update.id)
                return []
            }
            albums?.flush(chat: message.chat.id)
            // Talk of a group takes no place of the messages for the bot.
            guard message.isForBot else { return job.updates }
            return add(job, to: place(of: message))
        case .command(let message, name: "stop", arguments: _):
            return add(job, to: .person(message.sender.id))
        case .command(let message, name: _, arguments: _):
            observe(message)
            return add(job, to: place(of: message))
        case .edited(let message): return add(job, to: place(of: message))
        case .button(let press): return add(press, job)
        case .membership(let change): return add(job, to: .person(change.from.id))
        case .migrated(let old, _): return add(job, to: .place(own.place(old, nil)))
        case .stopped(let chat, _): return add(job, to: .person(chat.id))
        case .ignored(let reason):
            report(reason)
            return job.updates
        }
    }

    private func place(of message: TelegramMessage) -> TelegramLines.Key {
        .place(own.place(message.chat.id, message.topic))
    }

    /// Gives a press to the line of its person, and a wish for another answer or for the rest of one
    /// also to its place.
    private func add(_ press: TelegramPress, _ job: TelegramJob) -> [ChannelUpdate] {
        var answer = job
        let wanted: (Turn.ID, isRest: Bool)? =
            switch press.data.flatMap({ TelegramButtonData($0) }) {
            case .again(let turn): (turn, false)
            case .goOn(let turn): (turn, true)
            default: nil
            }
        if let (turn, isRest) = wanted, let chat = press.chat {
            let place = own.place(chat.id, press.topic)
            var wish = job
            wish.work = .again(turn, isRest: isRest, by: press.from, at: place)
            // A wish that is left out is told at the place, and its press is answered all the same.
            if lines.add(wish, to: .place(place)) { (answer.updates, answer.bytes) = ([], 0) }
        }
        return add(answer, to: .person(press.from.id))
    }

    private func take(_ album: TelegramAlbums.Album) {
        let message = album.message
        let updates = album.updates.map { ChannelUpdate(bot: own.settings.id, number: $0) }
        let job = TelegramJob(work: .event(.message(message)), updates: updates)
        let left = add(job, to: place(of: message))
        guard !left.isEmpty else { return }
        tasks.spawn { try? await self.finish(left) }
    }

    private func add(_ job: TelegramJob, to key: TelegramLines.Key) -> [ChannelUpdate] {
        lines.add(job, to: key) ? [] : job.updates
    }

    private func observe(_ message: TelegramMessage) {
        let age = surroundings.clock.timestamp.seconds - Int64(message.date)
        metrics.lag.observe(.seconds(max(0, age)))
    }

    private func report(_ reason: TelegramIgnored) {
        guard logged.count < Self.mostReasons, logged.insert(reason).inserted else { return }
        surroundings.log.info(
            "telegram: updates of a kind are ignored",
            ["bot": .text(own.name), "why": .text("\(reason)")]
        )
    }

    /// Takes no more work, and ends the jobs that have not ended when the clock reaches `grace`.
    func finish(within grace: Duration) async {
        albums = nil
        await lines.finish(within: grace, by: surroundings.clock)
    }
}
