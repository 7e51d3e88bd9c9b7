import BerthLoop

/// Waits until `condition` holds, for at most ``RawClient/patience``.
///
/// The condition is checked at the end of each turn of the loop, because loop-bound state changes at
/// no other time.
///
/// - Returns: whether the condition held in time.
@Loop package func eventually(_ condition: @escaping @Loop () -> Bool) async -> Bool {
    if condition() { return true }
    let onlooker = Onlooker(condition)
    let patience = Patience { onlooker.end(false) }
    defer { patience.end() }
    return await onlooker.outcome()
}

/// Runs all jobs that are ready, and the jobs that they make ready, for `turns` turns.
///
/// It is for tests with a ``ManualClock``, and does not wait for the network or for threads.
package func settle(turns: Int = 20) async {
    for _ in 0..<turns { await Task.yield() }
}

/// One wait for a condition.
@Loop private final class Onlooker {
    private static var all: [Onlooker] = []
    private let condition: @Loop () -> Bool
    private let ended = Wakeup()
    private var holds = false

    init(_ condition: @escaping @Loop () -> Bool) { self.condition = condition }

    func outcome() async -> Bool {
        Onlooker.all.append(self)
        EventLoop.shared.afterTurn = {
            for onlooker in Onlooker.all where onlooker.condition() { onlooker.end(true) }
        }
        try? await ended.wait()  // after a cancellation the condition counts as not met
        Onlooker.all.removeAll { $0 === self }
        return holds
    }

    func end(_ holds: Bool) {
        self.holds = self.holds || holds
        ended.signal()
    }
}

/// Whether a condition that reads the store holds before the test's patience ends.
@Loop package func holds(_ condition: @Loop () async throws -> Bool) async throws -> Bool {
    let end = PatienceEnd()
    let patience = Patience { end.hasCome = true }
    defer { patience.end() }
    while !end.hasCome {
        if try await condition() { return true }
        await Task.yield()
    }
    return false
}

@Loop private final class PatienceEnd {
    var hasCome = false
}
