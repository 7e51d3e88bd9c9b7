import BerthLoop

/// The time that a test waits for an effect, by the machine's clock.
///
/// Time in which the loop was busy with other tests does not count.
@Loop final class Patience {
    private var left = RawClient.patience
    private var timer: Timer?
    private let atEnd: @Loop () -> Void

    /// Starts the wait.
    ///
    /// `atEnd` is called once, unless ``end()`` is called before.
    init(_ atEnd: @escaping @Loop () -> Void) {
        self.atEnd = atEnd
        tick()
    }

    func end() { timer?.cancel() }

    /// Subtracts one second.
    ///
    /// A turn of the loop subtracts at most one, however long it took.
    private func tick() {
        timer = SystemClock().schedule(after: .seconds(1)) { [weak self] in
            guard let self else { return }
            left -= .seconds(1)
            if left > .zero { tick() } else { atEnd() }
        }
    }
}
