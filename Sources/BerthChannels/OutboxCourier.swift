package import BerthBot
package import BerthLoop
import BerthQueue
package import BerthStore
package import BerthTelemetry

/// Delivers the parts of replies that wait in the outbox, for all channels that use it.
///
/// The parts of one place are delivered in order, each after the one before it was recorded as sent
/// or given up. A part is delivered at least once: a process that is killed between its sending and
/// the record of its delivery sends the part again, and counts that (``OutboxPart/unsure``).
@Loop package final class OutboxCourier: Service {
    private let channels: [any Channel]
    private let store: any Store
    private let bell: Wakeup
    private let surroundings: Surroundings
    /// The time from a part's commit to its delivery.
    private let age: Histogram
    /// When the oldest part of each channel was made that waited at the last reading.
    private var oldest: [ChannelName: Timestamp] = [:]
    private let pool = TaskPool()
    private var random: SeededGenerator
    /// The places with a delivery under way.
    private var busy: Set<Place> = []
    /// The places whose delivery has ended since the outbox was last read.
    ///
    /// That reading may still have the parts that were delivered.
    private var ended: Set<Place> = []
    private var isStopping = false

    /// Places to which something is delivered at once.
    ///
    /// Further ones wait in the outbox.
    static nonisolated let mostPlaces = 16
    /// The most attempts for a part.
    ///
    /// The last one comes within an hour of the first, unless the channel asks for longer pauses.
    static nonisolated let attempts = 15
    /// The longest pause between two attempts, unless the channel asks for a longer one.
    static nonisolated let longestPause = Duration.seconds(600)
    /// A stored pause that is longer was not asked for by any channel.
    static nonisolated let longestAsked = Duration.seconds(86_400)
    private static nonisolated let backoff = Backoff(
        base: .seconds(1),
        most: longestPause,
        attempts: attempts
    )
    /// The pause before the database is tried again after a failure.
    static nonisolated let pause = Duration.seconds(5)
    /// Deliveries may go on this long after the stop.
    private static nonisolated let grace = Duration.seconds(10)

    /// Makes the courier of the channels that use the outbox.
    package init(
        _ channels: [any Channel],
        store: any Store,
        replies: Replies,
        in surroundings: Surroundings
    ) {
        self.channels = channels.filter(\.usesOutbox)
        self.store = store
        bell = replies.bell
        self.surroundings = surroundings
        age = surroundings.metrics.histogram(
            "berth_outbox_seconds",
            help: "From a reply's commit to the delivery of its part.",
            buckets: Metrics.latencyBuckets
        )
        random = surroundings.entropy.generator()
        surroundings.metrics.gauge(
            "berth_outbox_oldest_seconds",
            help: "The age of the oldest part of a reply that waits for its delivery."
        ) { [weak self] in self?.oldestAge }
    }

    private var oldestAge: Double {
        guard let first = oldest.values.min() else { return 0 }
        return Double(max(0, (clock.even - first).milliseconds())) / 1000
    }

    private var clock: any Clock { surroundings.clock }

    /// Delivers until the stop, and then finishes the deliveries under way.
    package func run(until stop: Stop) async throws {
        await bringForward()
        while !stop.isRequested, !Task.isCancelled {
            let next = await deliverDue()
            let timer = next.map { due in
                clock.schedule(after: max(.zero, due - clock.even)) { [bell] in bell.signal() }
            }
            await stop.requested(or: bell)
            timer?.cancel()
        }
        isStopping = true
        if Task.isCancelled { pool.cancelAll() }
        let timer = clock.schedule(after: OutboxCourier.grace) { [pool] in pool.cancelAll() }
        defer { timer.cancel() }
        await pool.drain()
    }

    /// Shortens the pauses that a clock which was ahead has stored.
    private func bringForward() async {
        let now = clock.even
        do {
            try await store.bringOutboxForward(
                after: now + OutboxCourier.longestAsked,
                to: now + OutboxCourier.longestPause
            )
        } catch { surroundings.log.warning("outbox not read", ["why": .describing(error)]) }
    }

    /// Begins the deliveries that are due.
    ///
    /// - Returns: the time of the next look, or nil if only the bell can bring more.
    private func deliverDue() async -> Timestamp? {
        let now = clock.even
        var next: Timestamp?
        for channel in channels {
            ended = []
            do {
                // The parts under way are among those that are due.
                let limit = 2 * OutboxCourier.mostPlaces
                let parts = try await store.dueOutbox(on: channel.name, at: now, limit: limit)
                for part in parts { begin(part, on: channel) }
                let waiting = try await store.nextOutbox(on: channel.name, after: now)
                oldest[channel.name] = waiting.oldest
                next = [next, waiting.due].compactMap(\.self).min()
            } catch {
                surroundings.log.warning("outbox not read", ["why": .describing(error)])
                return now + OutboxCourier.pause
            }
        }
        return next
    }

    private func begin(_ part: OutboxPart, on channel: any Channel) {
        let place = part.place
        guard busy.count < OutboxCourier.mostPlaces, !busy.contains(place), !ended.contains(place)
        else { return }
        busy.insert(place)
        pool.spawn { [self] in
            await deliver(part, on: channel)
            busy.remove(place)
            ended.insert(place)
            bell.signal()
        }
    }

    private func deliver(_ part: OutboxPart, on channel: any Channel) async {
        let attempt = DeliveryAttempt(part) { [self] () throws(DeliveryError) in
            let isWaiting: Bool
            do { isWaiting = try await store.beginOutbox(part.id, at: clock.timestamp) } catch {
                throw .later("\(error)")
            }
            // It was deleted or given up meanwhile.
            if !isWaiting { throw .stopping }
        }
        do throws(DeliveryError) {
            let message = try await channel.deliver(attempt)
            age.observe(max(.zero, clock.timestamp - part.created))
            await record(part) { (store, now) throws(StoreError) in
                try await store.outboxSent(part.id, as: message, at: now)
            }
        } catch {
            await take(error, for: part, isRepeated: part.unsure > 0 || part.begun != nil)
        }
    }

    /// Records a failed attempt, after which the part waits or is given up.
    ///
    /// - Parameters:
    ///   - error: the failure.
    ///   - part: the part.
    ///   - isRepeated: whether an earlier attempt may have delivered it.
    private func take(
        _ error: DeliveryError,
        for part: OutboxPart,
        isRepeated: Bool
    ) async {
        let reason = "\(error)"
        switch error {
        case .stopping: break
        case .never: await giveUp(part, reason)
        case .unreachable: await giveUpChat(of: part, reason)
        case .moved(let chat):
            await record(part) { (store, _) throws(StoreError) in
                try await store.moveChat(part.place.chat, to: chat, on: part.place.channel)
                return true
            }
        case .postponed(_, let wait):
            let due = clock.even + min(wait, OutboxCourier.longestAsked)
            await record(part) { (store, _) throws(StoreError) in
                try await store.postponeOutbox(part.id, until: due, because: reason)
            }
        case .unsure(_, hasAnswer: false) where isRepeated:
            await giveUp(part, "\(reason); it was sent twice and may have been delivered")
        case .unsure: await retry(part, reason, nil, isUnsure: true)
        case .later(_, let wait): await retry(part, reason, wait)
        }
    }

    private func retry(
        _ part: OutboxPart,
        _ reason: String,
        _ wait: Duration?,
        isUnsure: Bool = false
    ) async {
        let decision = OutboxCourier.backoff.decide(
            attempt: part.attempts + 1,
            retryAfter: wait,
            at: clock.now,
            using: &random
        )
        switch decision {
        case .giveUp(let why): await giveUp(part, "\(reason) (\(why))")
        case .retry(let pause):
            let due = clock.even + pause
            await record(part) { (store, _) throws(StoreError) in
                try await store.retryOutboxLater(
                    part.id,
                    at: due,
                    because: reason,
                    isUnsure: isUnsure
                )
            }
        }
    }

    private func giveUpChat(of part: OutboxPart, _ reason: String) async {
        let place = part.place
        surroundings.log.warning(
            "parts of replies given up",
            ["channel": .text(place.channel.rawValue), "why": .text(reason)]
        )
        await record(part) { (store, now) throws(StoreError) in
            try await store.failOutbox(
                to: place.chat,
                on: place.channel,
                because: reason,
                at: now
            ) > 0
        }
    }

    private func giveUp(_ part: OutboxPart, _ reason: String) async {
        surroundings.log.warning(
            "part of a reply given up",
            [
                "part": .text("part-\(part.id)"), "channel": .text(part.place.channel.rawValue),
                "attempts": .int(part.attempts + 1), "why": .text(reason),
            ]
        )
        await record(part) { (store, now) throws(StoreError) in
            try await store.failOutbox(part.id, because: reason, at: now)
        }
    }

    /// Writes down how an attempt ended, and tries again while the database fails.
    ///
    /// The place is held meanwhile, because a part without a record would be delivered again at
    /// once.
    private func record(
        _ part: OutboxPart,
        _ verb: @Loop (any Store, Timestamp) async throws(StoreError) -> Bool
    ) async {
        while true {
            do {
                _ = try await verb(store, clock.timestamp)
                return
            } catch {
                surroundings.log.error(
                    "delivery not recorded",
                    ["part": .text("part-\(part.id)"), "why": .describing(error)]
                )
            }
            guard !isStopping else { return }
            do { try await clock.sleep(for: OutboxCourier.pause) } catch { return }
        }
    }
}
