/// An event with one waiting task.
///
/// ``signal()`` ends its current wait, or else its next one.
///
/// A task uses it to wait for state that another part changes. It checks the state, waits, and
/// checks again. Any number of signals before a wait count as one.
@Loop package final class Wakeup {
    private var waiting: CheckedContinuation<Void, any Error>?
    private var isPending = false

    /// Makes an event that has not been signalled.
    package nonisolated init() {}

    /// Ends the current wait, or makes the next one return at once.
    package func signal() {
        guard let waiting else {
            isPending = true
            return
        }
        self.waiting = nil
        waiting.resume()
    }

    /// Waits for the next signal.
    ///
    /// Only one task may wait at a time.
    ///
    /// - Throws: `CancellationError` if the task is cancelled before or during the wait.
    package func wait() async throws(CancellationError) {
        if Task.isCancelled { throw CancellationError() }
        if isPending {
            isPending = false
            return
        }
        precondition(waiting == nil, "a Wakeup has one listener")
        do {
            try await withTaskCancellationHandler {
                try await withCheckedThrowingContinuation { waiting = $0 }
            } onCancel: {
                EventLoop.shared.post { self.cancel() }
            }
        } catch { throw CancellationError() }
    }

    private func cancel() {
        waiting?.resume(throwing: CancellationError())
        waiting = nil
    }
}
