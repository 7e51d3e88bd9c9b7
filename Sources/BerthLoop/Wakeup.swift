/// A bell with one listener: ``signal()`` ends its wait, or its next one.
///
/// Used where one task waits for state that another part changes: check the state, wait, check
/// again. Any number of signals before a wait count as one.
@Loop package final class Wakeup {
    private var waiting: CheckedContinuation<Void, any Error>?
    private var isPending = false

    /// Makes a bell that has not rung.
    package nonisolated init() {}

    /// Ends the wait, or makes the next one return at once.
    package func signal() {
        guard let waiting else {
            isPending = true
            return
        }
        self.waiting = nil
        waiting.resume()
    }

    /// Waits for the next signal; one task at a time.
    ///
    /// - Throws: `CancellationError` when the task is cancelled, before or meanwhile.
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
