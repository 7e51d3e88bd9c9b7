/// One pending call at a deadline; made by ``Clock/schedule(after:_:)``.
@Loop package final class Timer {
    /// When it fires, on the clock that made it.
    let deadline: Instant
    /// The order in which timers were made: equal deadlines fire first come, first served.
    var sequence: UInt64 = 0
    /// Its place in the heap of its queue; nil when it is in none.
    var index: Int?
    let action: @Loop () -> Void
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
    package func cancel() { if index != nil { unschedule(self) } }
}

/// A binary heap of timers by deadline, from which a cancelled one is removed at once.
@Loop struct TimerQueue {
    private var heap: [Timer] = []
    private var sequence: UInt64 = 0

    nonisolated init() {}

    /// The earliest deadline; nil when none is pending.
    var next: Instant? { heap.first?.deadline }

    var count: Int { heap.count }

    mutating func insert(_ timer: Timer) {
        sequence += 1
        timer.sequence = sequence
        timer.index = heap.count
        heap.append(timer)
        siftUp(heap.count - 1)
    }

    mutating func remove(_ timer: Timer) {
        guard let index = timer.index else { return }
        timer.index = nil
        let last = heap.removeLast()
        guard index < heap.count else { return }
        place(last, at: index)
        siftUp(index)
        siftDown(last.index ?? index)
    }

    /// The number that the next timer will get: what ``popDue(at:before:)`` leaves for later.
    var nextSequence: UInt64 { sequence + 1 }

    /// Takes out the earliest timer if it is due and was made before `limit`, so that timers made
    /// by the actions of one round fire in the next.
    mutating func popDue(at now: Instant, before limit: UInt64) -> Timer? {
        guard let first = heap.first, first.deadline <= now, first.sequence < limit else {
            return nil
        }
        remove(first)
        return first
    }

    private mutating func place(_ timer: Timer, at index: Int) {
        heap[index] = timer
        timer.index = index
    }

    private func isBefore(_ first: Int, _ second: Int) -> Bool {
        let (a, b) = (heap[first], heap[second])
        return (a.deadline, a.sequence) < (b.deadline, b.sequence)
    }

    private mutating func swap(_ first: Int, _ second: Int) {
        let timer = heap[first]
        place(heap[second], at: first)
        place(timer, at: second)
    }

    private mutating func siftUp(_ start: Int) {
        var index = start
        while index > 0, isBefore(index, (index - 1) / 2) {
            swap(index, (index - 1) / 2)
            index = (index - 1) / 2
        }
    }

    private mutating func siftDown(_ start: Int) {
        var index = start
        while 2 * index + 1 < heap.count {
            let left = 2 * index + 1
            let right = left + 1
            let least = right < heap.count && isBefore(right, left) ? right : left
            guard isBefore(least, index) else { return }
            swap(index, least)
            index = least
        }
    }
}
