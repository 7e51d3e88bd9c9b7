import BerthLoop
import BerthQueue

/// Durations in whole milliseconds, for percentiles: every one of the first 100,000, then an even
/// sample of all, so that a day's simulation holds no more than an hour's.
package struct LatencySample: Sendable {
    /// So many are kept: 400 KB.
    package static let bound = 100_000

    /// How many there were.
    package private(set) var count = 0
    private var kept: [UInt32] = []
    private var dice = SeededGenerator(seed: 0)

    /// Makes an empty sample.
    package init() {}

    /// Adds a duration.
    ///
    /// Source: Vitter, "Random Sampling with a Reservoir" (1985), algorithm R.
    package mutating func add(_ duration: Duration) {
        let (seconds, attoseconds) = duration.components
        let milliseconds = UInt32(clamping: seconds * 1000 + attoseconds / 1_000_000_000_000_000)
        count += 1
        guard kept.count == LatencySample.bound else { return kept.append(milliseconds) }
        let place = dice.next() % UInt64(count)
        if place < UInt64(kept.count) { kept[Int(place)] = milliseconds }
    }

    /// The median and the tail, in milliseconds; nil of none.
    ///
    /// A percentile is the smallest value that so many of a hundred do not exceed (nearest rank).
    package var percentiles: Percentiles? {
        guard !kept.isEmpty else { return nil }
        let sorted = kept.sorted()
        func at(_ percent: Int) -> Int {
            Int(sorted[(sorted.count * percent + 99) / 100 - 1])
        }
        return Percentiles(p50: at(50), p95: at(95), p99: at(99))
    }
}

/// Milliseconds that 50, 95 and 99 of a hundred do not exceed.
package struct Percentiles: Codable, Equatable, Sendable {
    /// The median.
    package let p50: Int
    /// One of twenty takes longer.
    package let p95: Int
    /// One of a hundred takes longer.
    package let p99: Int
}
