package import BerthLoop

/// A queue of values that some tasks add and one task waits for.
@Loop package final class Mailbox<Value: Sendable> {
    private var values: [Value] = []
    private let arrived = Wakeup()

    /// Makes an empty queue.
    package nonisolated init() {}

    /// Adds a value.
    package func put(_ value: Value) {
        values.append(value)
        arrived.signal()
    }

    /// Waits for the next value without a limit.
    ///
    /// - Throws: `CancellationError` if the task is cancelled.
    package func next() async throws(CancellationError) -> Value {
        while values.isEmpty { try await arrived.wait() }
        return values.removeFirst()
    }

    /// Waits for the next value, for at most ``RawClient/patience``.
    ///
    /// - Throws: ``RawClient/TookTooLong`` with `what` as the name of the expected value.
    package func next(_ what: String) async throws -> Value {
        var isLate = false
        let patience = Patience { [arrived] in
            isLate = true
            arrived.signal()
        }
        defer { patience.end() }
        while values.isEmpty {
            if isLate { throw RawClient.TookTooLong(waitedFor: what, received: "") }
            try await arrived.wait()
        }
        return values.removeFirst()
    }
}
