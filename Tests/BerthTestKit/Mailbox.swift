package import BerthLoop

/// Values that some tasks give and one waits for, in their order.
@Loop package final class Mailbox<Value: Sendable> {
    private var values: [Value] = []
    private let arrived = Wakeup()

    /// Makes an empty one.
    package nonisolated init() {}

    /// Gives a value.
    package func put(_ value: Value) {
        values.append(value)
        arrived.signal()
    }

    /// The next value, waited for as long as the task lives.
    ///
    /// - Throws: `CancellationError`.
    package func next() async throws(CancellationError) -> Value {
        while values.isEmpty { try await arrived.wait() }
        return values.removeFirst()
    }

    /// The next value, waited for at most ``RawClient/patience``.
    ///
    /// - Throws: ``RawClient/TookTooLong``, which says `what` was waited for.
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
