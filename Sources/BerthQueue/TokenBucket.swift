package import BerthLoop

/// A rate per minute that refills continuously: requests, or tokens.
///
/// Kept as integers in 60,000,000ths of a unit, so that no refill is lost to rounding; all sums
/// saturate. What needs more than the bucket holds is let through when it is full, and the bucket
/// then owes the rest: a large request waits, but not forever.
package struct TokenBucket: Sendable {
    /// How much comes back in a minute, 1 or more.
    package let perMinute: Int
    /// The most that is there at once, 1 or more.
    package let burst: Int

    /// What is there, in ``scale``ths; negative: owed.
    private var level: Int64
    private var updated: Instant
    private var closedUntil: Instant?

    /// As many as a minute has microseconds: `perMinute` of them come back each microsecond.
    private static let scale: Int64 = 60_000_000

    /// Makes a full bucket.
    ///
    /// - Parameters:
    ///   - perMinute: the rate, brought into 1…1,000,000,000.
    ///   - burst: the most at once; nil: ten seconds' worth.
    ///   - now: when it begins to refill.
    package init(perMinute: Int, burst: Int? = nil, at now: Instant) {
        self.perMinute = min(max(1, perMinute), 1_000_000_000)
        self.burst = min(max(1, burst ?? self.perMinute / 6), 1_000_000_000)
        level = Int64(self.burst) * Self.scale
        updated = now
    }

    /// What is there now, in whole units rounded down; negative: owed.
    package func available(at now: Instant) -> Int {
        let level = refilled(at: now).level
        let (whole, rest) = level.quotientAndRemainder(dividingBy: Self.scale)
        return Int(rest < 0 ? whole - 1 : whole)
    }

    /// The first instant, `now` or later, at which ``take(_:at:)`` of `count` says yes if nobody
    /// else takes meanwhile.
    package func ready(for count: Int, at now: Instant) -> Instant {
        let missing = need(count) - refilled(at: now).level
        let open = max(now, closedUntil ?? now)
        guard missing > 0 else { return open }
        let rate = Int64(perMinute)
        let microseconds = missing / rate + (missing % rate > 0 ? 1 : 0)
        return max(open, refilled(at: now).updated + .microseconds(microseconds))
    }

    /// Takes `count` (0 or more) if it is there and the bucket is open, else takes nothing.
    package mutating func take(_ count: Int, at now: Instant) -> Bool {
        guard ready(for: count, at: now) <= now else { return false }
        self = refilled(at: now)
        charge(count)
        return true
    }

    /// Corrects an estimate: gives back what was not used, or takes what was used beyond it.
    package mutating func settle(reserved: Int, used: Int, at now: Instant) {
        self = refilled(at: now)
        let (difference, overflow) = max(0, used).subtractingReportingOverflow(max(0, reserved))
        charge(overflow ? .max : difference)
    }

    /// Lets nothing through until `instant`, as a provider's Retry-After asks.
    ///
    /// An earlier one than is in force changes nothing.
    package mutating func close(until instant: Instant) {
        closedUntil = max(closedUntil ?? instant, instant)
    }

    /// What must be there for `count`: a full bucket is enough for anything.
    private func need(_ count: Int) -> Int64 { Int64(min(max(0, count), burst)) * Self.scale }

    /// Takes `count`, negative: gives; never above full, never more than ten minutes owed.
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
