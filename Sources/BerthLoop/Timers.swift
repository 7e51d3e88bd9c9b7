/// One pending call at a deadline; made by ``Clock/schedule(after:_:)``.
@Loop package final class Timer: HeapElement {
    /// When it fires, on the clock that made it.
    let deadline: Instant
    /// The order in which timers were made: equal deadlines fire first come, first served.
    var sequence: UInt64 = 0
    /// Nil when it has fired or was cancelled.
    package var heapIndex: Int?
    /// Nil when it has fired or was cancelled: its owner, whom it usually holds, often holds it too.
    private var action: (@Loop () -> Void)?
    private let unschedule: @Loop (Timer) -> Void

    init(
        deadline: Instant,
        action: @escaping @Loop () -> Void,
        unschedule: @escaping @Loop (Timer) -> Void
    ) {
        self.deadline = deadline
        self.action = action
        self.unschedule = unschedule
    }

    /// Takes it out of the queue at once; does nothing when it has fired or was cancelled.
    package func cancel() {
        if heapIndex != nil { unschedule(self) }
        action = nil
    }

    /// Calls what is due, once; the timer was taken out of its queue before.
    func fire() {
        let action = action
        self.action = nil
        action?()
    }

    package func isBefore(_ other: Timer) -> Bool {
        (deadline, sequence) < (other.deadline, other.sequence)
    }
}

/// Timers by deadline, equal ones in the order in which they came.
@Loop struct TimerQueue {
    private var heap = IndexedHeap<Timer>()
    private var sequence: UInt64 = 0

    nonisolated init() {}

    /// The earliest deadline; nil when none is pending.
    var next: Instant? { heap.elements.first?.deadline }

    var count: Int { heap.elements.count }

    mutating func insert(_ timer: Timer) {
        sequence += 1
        timer.sequence = sequence
        heap.insert(timer)
    }

    mutating func remove(_ timer: Timer) { heap.remove(timer) }

    /// The number that the next timer will get: what ``popDue(at:before:)`` leaves for later.
    var nextSequence: UInt64 { sequence + 1 }

    /// Takes out the earliest timer if it is due and was made before `limit`, so that timers made
    /// by the actions of one round fire in the next.
    mutating func popDue(at now: Instant, before limit: UInt64) -> Timer? {
        guard let first = heap.elements.first, first.deadline <= now, first.sequence < limit else {
            return nil
        }
        heap.remove(first)
        return first
    }
}
