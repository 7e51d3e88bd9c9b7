import Glibc

/// A point on the monotonic clock, for deadlines and durations.
///
/// It has no meaning outside this process.
package struct Instant: Comparable, Hashable, Sendable {
    /// Nanoseconds since an arbitrary origin (the machine's start for CLOCK_MONOTONIC).
    package let nanoseconds: Int64

    /// Makes an instant from nanoseconds since the clock's origin.
    package init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

    /// The current instant of the machine's clock.
    ///
    /// Tested code uses its injected ``Clock`` instead.
    static var now: Instant {
        var time = timespec()
        unsafe clock_gettime(CLOCK_MONOTONIC, &time)
        return Instant(nanoseconds: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
    }

    package static func < (left: Instant, right: Instant) -> Bool {
        left.nanoseconds < right.nanoseconds
    }

    /// The instant `duration` later.
    ///
    /// Saturates at the first and the last instant.
    package static func + (left: Instant, duration: Duration) -> Instant {
        let more = duration.nanoseconds
        let sum = left.nanoseconds.addingReportingOverflow(more)
        return Instant(nanoseconds: sum.overflow ? (more < 0 ? .min : .max) : sum.partialValue)
    }

    /// The time from `right` to `left`, negative if `left` is earlier.
    ///
    /// Saturates at about 292 years.
    package static func - (left: Instant, right: Instant) -> Duration {
        let gap = left.nanoseconds.subtractingReportingOverflow(right.nanoseconds)
        return .nanoseconds(gap.overflow ? (left < right ? .min : .max) : gap.partialValue)
    }
}

extension Duration {
    /// Whole nanoseconds, saturating at about 292 years.
    package var nanoseconds: Int64 {
        let all = attoseconds
        // Most times are below 9 s, whose attoseconds are a machine word, and quickly divided.
        let few = Int64(truncatingIfNeeded: all)
        if Int128(few) == all { return few / 1_000_000_000 }
        return Int64(clamping: all / 1_000_000_000)
    }

    /// Whole milliseconds, rounded towards zero, or up for a wait that must not end early.
    package func milliseconds(roundedUp: Bool = false) -> Int64 {
        let (whole, rest) = nanoseconds.quotientAndRemainder(dividingBy: 1_000_000)
        return roundedUp && rest > 0 ? whole + 1 : whole
    }

    /// Seconds as a floating-point number, for metrics and people.
    package var seconds: Double { Double(nanoseconds) / 1e9 }
}
