/// How long a value is given out: longer for what is asked again, shorter for what changes.
///
/// Every lifetime is shortened by up to `jitter`, so that what was stored together does not end
/// together; no lifetime is under `least` or over `most`.
package struct Lifetimes: Equatable, Sendable {
    /// Of something asked for the first time, that has never changed.
    package var base: Duration
    /// The shortest.
    package var least: Duration
    /// The longest.
    package var most: Duration
    /// The greatest part that chance takes off, 0...1.
    package var jitter: Double

    /// The bounds of a base, which is `cache.ttl`: a twentieth of it and 24 times it, unless given.
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

    /// The lifetime of a value that is stored now.
    ///
    /// - Parameters:
    ///   - asked: how often it was asked for, older times counting less; see ``HotSet``. Each
    ///     doubling doubles the lifetime.
    ///   - changes: how often it was found changed, less the times it was found the same. Each
    ///     halves the lifetime.
    ///   - random: 0..<1.
    /// - Returns: between `least` and `most`.
    package func lifetime(asked: Double, changes: Int = 0, random: Double) -> Duration {
        let growth = asked > 1 ? min(asked, 65_536) : 1  // not a number: 1
        let shrinkage = Double(1 << min(max(changes, 0), 16))
        let wanted = base * (growth / shrinkage)
        let within = min(max(wanted, least), most)
        let part = random > 0 ? min(random, 1) : 0
        return max(least, within * (1 - jitter * part))
    }
}
