/// Timers by deadline.
///
/// Timers with equal deadlines keep the order in which they were made.
@Loop struct TimerQueue {
    private var heap = IndexedHeap<Timer>()
    private var sequence: UInt64 = 0

    nonisolated init() {}

    /// The earliest deadline, or nil if no timer is pending.
    var next: Instant? { heap.elements.first?.deadline }

    var count: Int { heap.elements.count }

    mutating func insert(_ timer: Timer) {
        sequence += 1
        timer.sequence = sequence
        heap.insert(timer)
    }

    mutating func remove(_ timer: Timer) { heap.remove(timer) }

    /// The number that the next timer will get, for the limit of ``popDue(at:before:)``.
    var nextSequence: UInt64 { sequence + 1 }

    /// Removes the earliest timer if it is due and was made before `limit`.
    ///
    /// With the limit, timers that are made by the actions of one round fire in the next round.
    mutating func popDue(at now: Instant, before limit: UInt64) -> Timer? {
        guard let first = heap.elements.first, first.deadline <= now, first.sequence < limit else {
            return nil
        }
        heap.remove(first)
        return first
    }
}
