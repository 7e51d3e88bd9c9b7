package import BerthLoop

/// A token bucket for a rate per minute, of requests or tokens, that refills continuously.
///
/// The level is an integer in 60,000,000ths of a unit, so that no refill is lost to rounding. All
/// sums saturate. A request larger than the bucket is admitted when the bucket is full, and the
/// level then becomes negative, so a large request does not wait forever.
package struct TokenBucket: Sendable {
    /// The units refilled in a minute, 1 or more.
    package let perMinute: Int
    /// The capacity, 1 or more.
    package let burst: Int

    /// The level in ``scale``ths of a unit.
    ///
    /// A negative level is debt.
    private var level: Int64
    private var updated: Instant

    /// The number of parts of a unit, which is the number of microseconds in a minute.
    ///
    /// Each microsecond refills `perMinute` parts.
    private static let scale: Int64 = 60_000_000

    /// Makes a full bucket.
    ///
    /// - Parameters:
    ///   - perMinute: the rate, clamped to 1…1,000,000,000.
    ///   - burst: the capacity; the refill of ten seconds if nil.
    ///   - now: the time from which the bucket refills.
    package init(perMinute: Int, burst: Int? = nil, at now: Instant) {
        self.perMinute = min(max(1, perMinute), 1_000_000_000)
        self.burst = min(max(1, burst ?? self.perMinute / 6), 1_000_000_000)
        level = Int64(self.burst) * Self.scale
        updated = now
    }

    /// Returns the first instant, `now` or later, at which ``take(_:at:)`` of `count` succeeds if
    /// nothing else is taken before.
    package func ready(for count: Int, at now: Instant) -> Instant {
        let missing = need(count) - refilled(at: now).level
        guard missing > 0 else { return now }
        let rate = Int64(perMinute)
        let microseconds = missing / rate + (missing % rate > 0 ? 1 : 0)
        return max(now, refilled(at: now).updated + .microseconds(microseconds))
    }

    /// Takes `count`, 0 or more, if the level suffices.
    ///
    /// Otherwise nothing is taken.
    ///
    /// - Returns: whether it was taken.
    package mutating func take(_ count: Int, at now: Instant) -> Bool {
        guard ready(for: count, at: now) <= now else { return false }
        self = refilled(at: now)
        charge(count)
        return true
    }

    /// Corrects a reservation by the actual use.
    ///
    /// The difference is given back or taken in addition.
    package mutating func settle(reserved: Int, used: Int, at now: Instant) {
        self = refilled(at: now)
        let (difference, overflow) = max(0, used).subtractingReportingOverflow(max(0, reserved))
        charge(overflow ? .max : difference)
    }

    /// Leaves out the refill of the time until `now`.
    package mutating func skip(to now: Instant) { updated = max(updated, now) }

    /// Returns the level required for `count`, which is at most the capacity.
    private func need(_ count: Int) -> Int64 { Int64(min(max(0, count), burst)) * Self.scale }

    /// Lowers the level by `count`, or raises it if `count` is negative.
    ///
    /// The level stays between ten minutes of debt and the capacity.
    private mutating func charge(_ count: Int) {
        let (units, overflow) = Int64(count).multipliedReportingOverflow(by: Self.scale)
        let most = Int64(burst) * Self.scale
        let least = -10 * Int64(perMinute) * Self.scale
        let change = overflow ? (count < 0 ? Int64.min / 2 : Int64.max / 2) : units
        let (sum, under) = level.subtractingReportingOverflow(change)
        level = min(max(least, under ? (change > 0 ? least : most) : sum), most)
    }

    private func refilled(at now: Instant) -> TokenBucket {
        guard now > updated else { return self }
        var bucket = self
        let microseconds = (now - updated).nanoseconds / 1_000
        let (gain, overflow) = microseconds.multipliedReportingOverflow(by: Int64(perMinute))
        let most = Int64(burst) * Self.scale
        let (sum, over) = level.addingReportingOverflow(gain)
        bucket.level = overflow || over ? most : min(sum, most)
        bucket.updated = updated + .microseconds(microseconds)
        return bucket
    }
}
