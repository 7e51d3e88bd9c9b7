package import BerthLoop

/// How many calls a provider is given at once: between 1 and the configured most, found by trying.
///
/// Grows by one for each limit's worth of calls that came back while the latency held and the limit
/// was in use; halves when the provider is overrun, at most once per window. (TCP's additive
/// increase, multiplicative decrease: RFC 5681, section 3.1.)
package struct AdaptiveLimit: Sendable {
    /// The configured most, 1 or more.
    package let most: Int
    /// How many may run now, 1…``most``.
    package private(set) var current: Int

    private let window: Duration
    private let tolerance: Double
    private var successes = 0
    private var baseline: Double?
    private var halved: Instant?

    /// Begins at the configured most, which is the operator's word until the provider says
    /// otherwise.
    ///
    /// - Parameters:
    ///   - most: 1 or more.
    ///   - start: the first limit; nil: `most`.
    ///   - window: the least time between two halvings.
    ///   - tolerance: how many times the usual best latency still counts as holding; over 1.
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

    /// A call came back well.
    ///
    /// - Parameters:
    ///   - latency: to its first byte.
    ///   - running: how many ran, itself included: a limit that nobody reached is not raised.
    package mutating func succeeded(latency: Duration, running: Int) {
        guard held(latency.seconds), running >= current, current < most else { return }
        successes += 1
        guard successes >= current else { return }
        current += 1
        successes = 0
    }

    /// The provider was overrun (429, overload, time-out) by a call that began at `began`.
    ///
    /// What began before the last halving tells nothing new: it was sent under the old limit.
    package mutating func overrun(began: Instant, at now: Instant) {
        if let halved, began < halved || now - halved < window { return }
        current = max(1, current / 2)
        successes = 0
        halved = now
    }

    /// Whether `seconds` is near the usual best, which forgets upwards by 1/64 a call.
    private mutating func held(_ seconds: Double) -> Bool {
        let best = min(seconds, (baseline ?? seconds) * (1 + 1.0 / 64))
        baseline = best
        return seconds <= best * tolerance
    }
}
