import BerthLoop

/// A sample of durations, in whole milliseconds, for percentiles.
///
/// It keeps each of the first 100,000 durations, then a uniform random sample of all, so that its
/// memory does not grow with the length of the simulation.
package struct LatencySample: Sendable {
    /// The maximum number of durations kept, which is 400 KB.
    package static let bound = 100_000

    /// The number of durations added.
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

    /// The median and the tail, in milliseconds; nil if the sample is empty.
    ///
    /// The p-th percentile is the smallest value that at least p percent of all values do not
    /// exceed (nearest rank).
    package var percentiles: Percentiles? {
        guard !kept.isEmpty else { return nil }
        let sorted = kept.sorted()
        func at(_ percent: Int) -> Int {
            Int(sorted[(sorted.count * percent + 99) / 100 - 1])
        }
        return Percentiles(p50: at(50), p95: at(95), p99: at(99))
    }
}
