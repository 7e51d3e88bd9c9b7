/// Tasks whose number is not known beforehand, such as one for each request.
///
/// Their owner can wait for all of them or cancel them.
@Loop package final class TaskPool {
    private var tasks: [UInt64: Task<Void, Never>] = [:]
    private var sequence: UInt64 = 0
    private var emptied: [Wakeup] = []
    private var lastEnded: UInt64 = 0

    /// Makes an empty pool.
    package nonisolated init() {}

    /// The number of tasks that have not ended.
    package var count: Int { tasks.count }

    /// Starts `work` on the loop as a task of this pool.
    @discardableResult
    package func spawn(_ work: @escaping @Loop @Sendable () async -> Void) -> Task<Void, Never> {
        sequence += 1
        let number = sequence
        let task = EventLoop.shared.spawn {
            await work()
            self.ended(number)
        }
        tasks[number] = task
        return task
    }

    /// Starts `work` at once as ``EventLoop/begin(_:)`` does, as a task of this pool.
    @discardableResult
    package func begin(_ work: @escaping @Loop @Sendable () async -> Void) -> Task<Void, Never> {
        sequence += 1
        let number = sequence
        let task = EventLoop.shared.begin {
            await work()
            self.ended(number)
        }
        // The task may have ended already.
        if lastEnded != number { tasks[number] = task }
        return task
    }

    /// Returns when no task is left or the caller is cancelled.
    ///
    /// New tasks prolong the wait.
    package func drain() async {
        while !tasks.isEmpty, !Task.isCancelled {
            let wakeup = Wakeup()
            emptied.append(wakeup)
            try? await wakeup.wait()  // the condition of the loop sees a cancellation
        }
    }

    /// Cancels every task.
    ///
    /// ``drain()`` waits until all of them have ended.
    package func cancelAll() { for task in tasks.values { task.cancel() } }

    private func ended(_ number: UInt64) {
        lastEnded = number
        tasks[number] = nil
        guard tasks.isEmpty else { return }
        for wakeup in emptied { wakeup.signal() }
        emptied = []
    }
}
