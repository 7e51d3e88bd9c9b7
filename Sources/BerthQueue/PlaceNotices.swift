import BerthLoop
import BerthText

/// Tells those who wait and want to know how they stand.
///
/// However often the queue changes, each is told at most once per interval, and nothing runs while
/// nobody listens.
@Loop final class PlaceNotices {
    typealias Ticket = QueueTicket<Waiter>

    private let clock: any Clock
    private let interval: Duration
    private let place: @Loop (Ticket) -> QueuePlace?
    private var told: [ObjectIdentifier: (ticket: Ticket, place: QueuePlace?)] = [:]
    private var timer: Timer?
    private var last: Instant?

    init(
        clock: any Clock,
        interval: Duration,
        place: @escaping @Loop (Ticket) -> QueuePlace?
    ) {
        self.clock = clock
        self.interval = interval
        self.place = place
    }

    func add(_ ticket: Ticket) {
        guard ticket.entry.listener != nil else { return }
        told[ObjectIdentifier(ticket)] = (ticket, nil)
        changed()
    }

    func remove(_ ticket: Ticket) {
        told[ObjectIdentifier(ticket)] = nil
        changed()
    }

    /// The queue has changed: whoever listens is told soon.
    func changed() {
        guard !told.isEmpty else {
            timer?.cancel()
            timer = nil
            return
        }
        guard timer == nil else { return }
        let now = clock.now
        let delay = last.map { max(.zero, ($0 + interval) - now) } ?? .zero
        timer = clock.schedule(after: delay) { [weak self] in self?.tell() }
    }

    private func tell() {
        timer = nil
        last = clock.now
        for (key, (ticket, before)) in told {
            guard let now = place(ticket), now.isNews(after: before) else { continue }
            told[key] = (ticket, now)
            ticket.entry.listener?(now)
        }
    }
}

extension QueuePlace {
    /// Whether a person would read something else: waits are said in whole seconds.
    fileprivate func isNews(after before: QueuePlace?) -> Bool {
        guard let before else { return true }
        return ahead != before.ahead || wait.secondsRoundedUp != before.wait.secondsRoundedUp
    }
}
