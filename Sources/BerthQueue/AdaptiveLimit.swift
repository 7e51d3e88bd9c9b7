package import BerthLoop

/// An adaptive limit on a provider's concurrent calls, between 1 and the configured maximum.
///
/// The limit grows by one after as many successful calls as the limit allows at once, provided that
/// latency stayed stable and the limit was in use. It halves when the provider is overloaded, at
/// most once per window. This is TCP's additive increase, multiplicative decrease (RFC 5681,
/// section 3.1).
package struct AdaptiveLimit: Sendable {
    /// The configured maximum, 1 or more.
    package let most: Int
    /// The number of calls that may run now, 1…``most``.
    package private(set) var current: Int

    private let window: Duration
    private let tolerance: Double
    private var successes = 0
    private var baseline: Double?
    private var halved: Instant?

    /// Makes a limit that starts at the configured maximum, unless `start` is given.
    ///
    /// - Parameters:
    ///   - most: the maximum, 1 or more.
    ///   - start: the initial limit; `most` if nil.
    ///   - window: the minimum time between two halvings.
    ///   - tolerance: the multiple of the baseline latency that still counts as stable, over 1.
    package init(
        most: Int,
        start: Int? = nil,
        window: Duration = .seconds(1),
        tolerance: Double = 2
    ) {
        self.most = max(1, most)
        current = min(max(1, start ?? most), self.most)
        self.window = window
        self.tolerance = max(1, tolerance)
    }

    /// Records a successful call.
    ///
    /// - Parameters:
    ///   - latency: the time to its first byte.
    ///   - running: the number of calls running, this one included. A limit that was not reached is
    ///     not raised.
    package mutating func succeeded(latency: Duration, running: Int) {
        guard held(latency.seconds), running >= current, current < most else { return }
        successes += 1
        guard successes >= current else { return }
        current += 1
        successes = 0
    }

    /// Records that a call which began at `began` overloaded the provider (429, overload, timeout).
    ///
    /// A call that began before the last halving is ignored, because it was sent under the old
    /// limit.
    package mutating func overrun(began: Instant, at now: Instant) {
        if let halved, began < halved || now - halved < window { return }
        current = max(1, current / 2)
        successes = 0
        halved = now
    }

    /// Whether a latency is within the tolerance of the baseline.
    ///
    /// The baseline is the lowest latency seen, raised by 1/64 at each call so that it adapts.
    private mutating func held(_ seconds: Double) -> Bool {
        let best = min(seconds, (baseline ?? seconds) * (1 + 1.0 / 64))
        baseline = best
        return seconds <= best * tolerance
    }
}
