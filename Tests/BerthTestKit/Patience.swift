import BerthLoop

/// How long a test waits for what others should do: seconds of the machine's clock, of which those
/// do not count in which the loop did other tests' work and nobody could do anything.
@Loop final class Patience {
    private var left = RawClient.patience
    private var timer: Timer?
    private let atEnd: @Loop () -> Void

    /// Begins to wait; `atEnd` is called once, unless ``end()`` comes first.
    init(_ atEnd: @escaping @Loop () -> Void) {
        self.atEnd = atEnd
        tick()
    }

    func end() { timer?.cancel() }

    /// One turn of the loop takes at most one second off, however long it took.
    private func tick() {
        timer = SystemClock().schedule(after: .seconds(1)) { [weak self] in
            guard let self else { return }
            left -= .seconds(1)
            if left > .zero { tick() } else { atEnd() }
        }
    }
}
