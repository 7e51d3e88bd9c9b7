import BerthLoop
import BerthTelemetry
import BerthText

/// Notifies queued requests of their queue positions.
///
/// Each listener is called at most once per interval, however often the queue changes. No timer
/// runs while there are no listeners.
@Loop final class PlaceNotices {
    typealias Ticket = QueueTicket<QueuedRequest>

    private let surroundings: Surroundings
    private let interval: Duration
    private let place: @Loop (Ticket) -> QueuePlace?
    private var told: [ObjectIdentifier: Listener] = [:]
    private var sequence: UInt64 = 0
    private var timer: Timer?
    private var last: Instant?

    /// A ticket whose owner listens, and the place that it was last told.
    private struct Listener {
        let ticket: Ticket
        /// The order in which the listeners came, which is the order in which they are told.
        let order: UInt64
        var place: QueuePlace?
    }

    init(
        in surroundings: Surroundings,
        interval: Duration,
        place: @escaping @Loop (Ticket) -> QueuePlace?
    ) {
        self.surroundings = surroundings
        self.interval = interval
        self.place = place
    }

    func add(_ ticket: Ticket) {
        guard ticket.entry.listener != nil else { return }
        sequence += 1
        told[ObjectIdentifier(ticket)] = Listener(ticket: ticket, order: sequence)
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
        let now = surroundings.clock.now
        let delay = last.map { max(.zero, ($0 + interval) - now) } ?? .zero
        timer = surroundings.clock.schedule(after: delay) { [weak self] in self?.tell() }
    }

    private func tell() {
        timer = nil
        last = surroundings.clock.now
        for listener in told.values.sorted(by: { $0.order < $1.order }) {
            let ticket = listener.ticket
            guard let now = place(ticket), now.isNews(after: listener.place) else { continue }
            told[ObjectIdentifier(ticket)]?.place = now
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
        return ahead != before.ahead || cause != before.cause
            || wait.secondsRoundedUp != before.wait.secondsRoundedUp
    }
}
