/// The rules for the lifetime of a value, which is longer for repeated requests and shorter for
/// values that change.
///
/// Every lifetime is shortened by up to `jitter`, so values that were stored together do not expire
/// together. No lifetime is under `least` or over `most`.
package struct Lifetimes: Equatable, Sendable {
    /// The lifetime of a value at its first request, if it has never changed.
    package var base: Duration
    /// The shortest lifetime.
    package var least: Duration
    /// The longest lifetime.
    package var most: Duration
    /// The largest fraction that chance takes off, 0...1.
    package var jitter: Double

    /// Makes rules from a base, which is `cache.ttl`.
    ///
    /// The default bounds are a twentieth of the base and 24 times the base.
    package init(
        base: Duration,
        least: Duration? = nil,
        most: Duration? = nil,
        jitter: Double = 0.2
    ) {
        self.base = base
        self.least = least ?? base / 20
        self.most = most ?? base * 24
        self.jitter = jitter
    }

    /// Returns the lifetime of a value that is stored now.
    ///
    /// - Parameters:
    ///   - asked: the number of requests for it, of which older ones count less (see ``HotSet``).
    ///     Each doubling doubles the lifetime.
    ///   - changes: the number of changes less the number of times it stayed the same. Each halves
    ///     the lifetime.
    ///   - random: a random number in 0..<1.
    /// - Returns: a lifetime between `least` and `most`.
    package func lifetime(asked: Double, changes: Int = 0, random: Double) -> Duration {
        let growth = asked > 1 ? min(asked, 65_536) : 1  // 1 also if it is not a number
        let shrinkage = Double(1 << min(max(changes, 0), 16))
        let wanted = base * (growth / shrinkage)
        let within = min(max(wanted, least), most)
        let part = random > 0 ? min(random, 1) : 0
        return max(least, within * (1 - jitter * part))
    }
}
