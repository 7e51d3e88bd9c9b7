import BerthLoop

/// Waits until `condition` holds, at most ``RawClient/patience``.
///
/// It is looked at when a turn of the loop has ended, because what is bound to the loop changes in
/// no other moment; between the turns nobody looks.
///
/// - Returns: whether it came to hold.
@Loop package func eventually(_ condition: @escaping @Loop () -> Bool) async -> Bool {
    if condition() { return true }
    let onlooker = Onlooker(condition)
    let patience = Patience { onlooker.end(false) }
    defer { patience.end() }
    return await onlooker.outcome()
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
        try? await ended.wait()  // cancelled: the condition did not come to hold
        Onlooker.all.removeAll { $0 === self }
        return holds
    }

    func end(_ holds: Bool) {
        self.holds = self.holds || holds
        ended.signal()
    }
}
