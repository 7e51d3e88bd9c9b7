package import BerthConfig
package import BerthLoop
import BerthQueue
package import BerthTelemetry

/// The planner of one bot's calls over all of its chats, so that Telegram's limits are kept.
///
/// A call that must be made waits in ``slot(in:tenant:count:)``. A call that may be left out, such
/// as a preview or a sign, asks with ``preview(in:)`` and gets a slot only if another one stays for
/// the final message. Waiting calls share the bot's rate fairly over their tenants.
///
/// In any minute the server sees at most a chat's limit of calls, and in any second the bot's,
/// provided that each call takes a slot and ends it after its answer. The time that a call is on its
/// way does not matter: a chat gets no new slots meanwhile, and ``SendWindow`` counts the call on.
@Loop package final class SendBudget {
    /// Why a call got no slot.
    package enum Refusal: Error, Equatable, Sendable {
        /// The slot would come only after this time. The caller makes the call then, so that no
        /// task waits for it.
        case later(Duration)
        case cancelled
    }

    /// A call that may be made now.
    ///
    /// The caller gives it to ``end(_:)`` after the answer or the failure.
    package struct Slot {
        fileprivate let chat: Chat
        fileprivate let count: Int
    }

    private let limits: Configuration.Telegram.Limits
    private let surroundings: Surroundings
    private let queue: FairQueue<Waiter>
    private var random: SeededGenerator
    private var chats: [Int: Chat] = [:]
    /// Spreads the calls of all chats over each second.
    private var all: TokenBucket
    private var window: SendWindow
    private var timer: Timer?
    /// The end of a pause of the whole bot.
    private var pausedUntil: Instant
    /// The last floods, the newest last.
    private var floods: [(chat: Int, at: Instant)] = []
    /// The number of answers 429.
    package private(set) var floodCount = 0

    /// The longest time for which a call waits here.
    package static nonisolated let longestWait = Duration.seconds(5)
    /// The most chats that are tracked.
    ///
    /// A call to a further one is refused for a moment.
    static nonisolated let mostChats = 4_096
    /// The most waiting calls of one tenant.
    static nonisolated let mostWaitingOfTenant = 64
    /// The most waiting calls.
    static nonisolated let mostWaiting = 512
    /// The calls that may be made at once after a quiet time.
    static nonisolated let burst = 3
    /// The number of chats with a flood within ``spread`` after which the whole bot pauses.
    static nonisolated let chatsOfFlood = 3
    /// The time within which floods of several chats count as one of the bot.
    static nonisolated let spread = Duration.seconds(5)
    /// The most that is added to the wait that Telegram asks for.
    private static nonisolated let jitter = Duration.milliseconds(500)

    /// Makes a budget that has used nothing yet.
    package init(_ limits: Configuration.Telegram.Limits, in surroundings: Surroundings) {
        (self.limits, self.surroundings) = (limits, surroundings)
        let bound = QueueBound(
            perTenant: SendBudget.mostWaitingOfTenant,
            total: SendBudget.mostWaiting
        )
        queue = FairQueue(in: surroundings, bound: bound)
        random = surroundings.entropy.generator()
        all = TokenBucket(
            perMinute: 60 * limits.perSecond,
            burst: min(SendBudget.burst, limits.perSecond),
            at: surroundings.clock.now
        )
        window = SendWindow(limits.perSecond, in: .seconds(1))
        pausedUntil = surroundings.clock.now
    }

    /// A bucket that gives at most `limit` slots in any minute.
    ///
    /// It refills less than the limit, because a full bucket can be emptied on top of the refill.
    private static func bucket(_ limit: Int, at now: Instant) -> TokenBucket {
        let burst = min(SendBudget.burst, max(1, limit / 2))
        return TokenBucket(perMinute: max(1, limit - burst), burst: burst, at: now)
    }

    // MARK: For the callers

    /// Waits for a slot for a call that must be made.
    ///
    /// - Parameters:
    ///   - chat: the chat's id.
    ///   - tenant: the tenant that the bot's rate is shared by.
    ///   - count: the number of messages that the call sends, such as the pictures of an album.
    /// - Returns: the slot, which ``end(_:)`` takes back.
    /// - Throws: ``Refusal``, at once if the slot is more than ``longestWait`` away.
    package func slot(
        in chat: Int,
        tenant: String,
        count: Int = 1
    ) async throws(Refusal) -> Slot {
        let now = surroundings.clock.now
        let entry = try track(chat, at: now)
        let ready = ready(entry, count, at: now)
        if queue.count == 0, ready <= now { return take(entry, count, at: now) }
        guard ready - now <= SendBudget.longestWait else { throw .later(ready - now) }
        let waiter = Waiter(chat: entry, count: count)
        let ticket: FairQueue<Waiter>.Ticket
        do {
            ticket = try queue.enqueue(waiter, lane: .chat, tenant: tenant) {
                WorkCost(units: Int64(count))
            }
        } catch { throw .later(SendBudget.longestWait) }
        entry.waiting += 1
        defer { entry.waiting -= 1 }
        serve()
        do { try await waiter.bell.wait() } catch {
            if !queue.cancel(ticket), waiter.refusal == nil { giveBack(entry, count) }
            throw .cancelled
        }
        if let refusal = waiter.refusal { throw refusal }
        return Slot(chat: entry, count: count)
    }

    /// Takes a slot for a call that may be left out, if one is free beside the final message's.
    ///
    /// - Returns: the slot, which ``end(_:)`` takes back, or nil if none is free now.
    package func preview(in chat: Int) -> Slot? {
        let now = surroundings.clock.now
        // Waiting calls come first, those of other chats too.
        guard let entry = try? track(chat, at: now), queue.count == 0 else { return nil }
        let kept = entry.bucket.burst > 1 ? 2 : 1
        let free = limits.perSecond > 1 ? 2 : 1
        let ready = max(
            ready(entry, kept, at: now),
            all.ready(for: free, at: now),
            window.ready(for: free, at: now)
        )
        return ready <= now ? take(entry, 1, at: now) : nil
    }

    /// Notes that a call was answered or has failed.
    package func end(_ slot: Slot) {
        let now = surroundings.clock.now
        slot.chat.hold(until: now)
        slot.chat.underWay -= 1
        window.end(slot.count, at: now)
        serve()
    }

    /// Parks a chat after an answer 429, and the whole bot if several chats are hit.
    ///
    /// - Parameters:
    ///   - chat: the chat's id.
    ///   - wait: the time that Telegram asks for.
    package func flooded(_ chat: Int, for wait: Duration) {
        let now = surroundings.clock.now
        floodCount += 1
        let part = Duration.milliseconds(
            Int64.random(in: 0...SendBudget.jitter.milliseconds(), using: &random)
        )
        let until = now + wait + part
        if let entry = try? track(chat, at: now) {
            entry.parkedUntil = max(entry.parkedUntil, until)
            // The chat goes on slowly, because penalties grow.
            entry.bucket.settle(reserved: 0, used: entry.bucket.burst - 1, at: until)
        }
        floods.removeAll { now - $0.at > SendBudget.spread || $0.chat == chat }
        floods.append((chat, now))
        if floods.count >= SendBudget.chatsOfFlood {
            pausedUntil = max(pausedUntil, until)
            floods.removeFirst(floods.count - SendBudget.chatsOfFlood)
        }
        serve()
    }

    /// Moves a group's state to the id of the supergroup that it has become.
    package func migrated(_ chat: Int, to other: Int) {
        guard chats[other] == nil, let entry = chats.removeValue(forKey: chat) else { return }
        chats[other] = entry
    }

    /// The number of chats that are parked now.
    package var parked: Int {
        let now = surroundings.clock.now
        return chats.values.count(where: { $0.parkedUntil > now })
    }

    /// Whether the whole bot pauses now.
    package var isPaused: Bool { pausedUntil > surroundings.clock.now }

    /// The number of calls that wait for a slot.
    package var waiting: Int { queue.count }

    // MARK: Inside

    /// A chat with calls in the last minute.
    fileprivate final class Chat {
        var bucket: TokenBucket
        var parkedUntil: Instant
        /// The number of waiting calls.
        var waiting = 0
        /// The number of calls that have a slot and no answer.
        var underWay = 0

        init(_ bucket: TokenBucket, at now: Instant) { (self.bucket, parkedUntil) = (bucket, now) }

        /// Keeps the bucket from refilling while a call is under way.
        ///
        /// The server may see that call at any time until its answer, and the next one soon after
        /// its slot.
        func hold(until now: Instant) { if underWay > 0 { bucket.skip(to: now) } }
    }

    /// A call that waits.
    private final class Waiter {
        let chat: Chat
        let count: Int
        let bell = Wakeup()
        var refusal: Refusal?

        init(chat: Chat, count: Int) { (self.chat, self.count) = (chat, count) }
    }

    private func track(_ id: Int, at now: Instant) throws(Refusal) -> Chat {
        if let chat = chats[id] { return chat }
        if chats.count >= SendBudget.mostChats {
            // A chat with a full bucket behaves like a new one.
            chats = chats.filter { _, chat in
                chat.waiting > 0 || chat.underWay > 0 || chat.parkedUntil > now
                    || chat.bucket.ready(for: chat.bucket.burst, at: now) > now
            }
            guard chats.count < SendBudget.mostChats else { throw .later(SendBudget.longestWait) }
        }
        let limit = id < 0 ? limits.groupPerMinute : limits.chatPerMinute
        let chat = Chat(SendBudget.bucket(limit, at: now), at: now)
        chats[id] = chat
        return chat
    }

    private func ready(_ chat: Chat, _ count: Int, at now: Instant) -> Instant {
        chat.hold(until: now)
        return max(
            pausedUntil,
            chat.parkedUntil,
            chat.bucket.ready(for: count, at: now),
            all.ready(for: count, at: now),
            window.ready(for: count, at: now)
        )
    }

    @discardableResult
    private func take(_ chat: Chat, _ count: Int, at now: Instant) -> Slot {
        chat.hold(until: now)
        chat.bucket.settle(reserved: 0, used: count, at: now)
        chat.underWay += 1
        all.settle(reserved: 0, used: count, at: now)
        window.begin(count)
        return Slot(chat: chat, count: count)
    }

    private func giveBack(_ chat: Chat, _ count: Int) {
        let now = surroundings.clock.now
        chat.hold(until: now)
        chat.underWay -= 1
        chat.bucket.settle(reserved: count, used: 0, at: now)
        all.settle(reserved: count, used: 0, at: now)
        window.end(count, wasMade: false, at: now)
        serve()
    }

    /// Serves the calls whose slots are free, sends those away that would wait too long, and sets
    /// the timer for the next one.
    private func serve() {
        timer?.cancel()
        timer = nil
        let now = surroundings.clock.now
        while let ticket = queue.first(where: { self.isDue($0.entry, at: now) }) {
            queue.take(ticket)
            let waiter = ticket.entry
            let ready = ready(waiter.chat, waiter.count, at: now)
            if ready <= now {
                take(waiter.chat, waiter.count, at: now)
            } else {
                waiter.refusal = .later(ready - now)
            }
            waiter.bell.signal()
        }
        guard queue.count > 0 else { return }
        let next = soonest(at: now)
        timer = surroundings.clock.schedule(after: max(.milliseconds(1), next - now)) {
            [weak self] in self?.serve()
        }
    }

    /// Whether a waiting call is served or sent away now.
    private func isDue(_ waiter: Waiter, at now: Instant) -> Bool {
        let ready = ready(waiter.chat, waiter.count, at: now)
        return ready <= now
            || max(pausedUntil, waiter.chat.parkedUntil) - now
                > SendBudget.longestWait
    }

    /// The time at which the first waiting call is due.
    private func soonest(at now: Instant) -> Instant {
        let times = queue.tickets.map { ready($0.entry.chat, $0.entry.count, at: now) }
        return times.min() ?? now + SendBudget.longestWait
    }
}
