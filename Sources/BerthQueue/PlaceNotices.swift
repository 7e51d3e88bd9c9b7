import BerthLoop
import BerthText

/// Notifies queued requests of their queue positions.
///
/// Each listener is called at most once per interval, however often the queue changes. No timer
/// runs while there are no listeners.
@Loop final class PlaceNotices {
    typealias Ticket = QueueTicket<QueuedRequest>

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

    /// Schedules notices after a change of the queue.
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
    /// Whether the text shown to a user would change.
    ///
    /// Waits are shown in whole seconds.
    fileprivate func isNews(after before: QueuePlace?) -> Bool {
        guard let before else { return true }
        return ahead != before.ahead || wait.secondsRoundedUp != before.wait.secondsRoundedUp
    }
}
