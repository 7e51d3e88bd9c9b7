/// How much was held, second by second: 72 counts, of sizes that are a quarter of a doubling apart.
package struct HeldHistogram: Equatable, Sendable {
    private var counts = [UInt32](repeating: 0, count: HeldHistogram.size)

    /// From 1 KiB to 256 MiB; what is smaller or larger is in the first or the last.
    private static let size = 72

    /// Makes one without samples.
    package init() {}

    /// How many samples it has.
    package var samples: Int { counts.reduce(0) { $0 + Int($1) } }

    /// Adds a sample.
    package mutating func add(_ held: ByteCount) {
        let bucket = HeldHistogram.bucket(of: held)
        counts[bucket] = counts[bucket] == .max ? .max : counts[bucket] + 1
    }

    /// Adds all samples of `other`.
    package mutating func add(_ other: HeldHistogram) {
        for (index, count) in other.counts.enumerated() {
            counts[index] =
                counts[index].addingReportingOverflow(count).overflow
                ? .max : counts[index] + count
        }
    }

    /// The size that `part` (0...1) of the samples do not pass, rounded up by at most a fifth; nil
    /// without samples.
    package func quantile(_ part: Double) -> ByteCount? {
        let total = samples
        guard total > 0 else { return nil }
        var left = max(1, Int((Double(total) * part).rounded(.up)))
        for (index, count) in counts.enumerated() {
            left -= Int(count)
            if left <= 0 { return HeldHistogram.upperBound(of: index) }
        }
        return HeldHistogram.upperBound(of: HeldHistogram.size - 1)
    }

    private static func bucket(of held: ByteCount) -> Int {
        var bucket = 0
        while bucket < size - 1, upperBound(of: bucket) < held { bucket += 1 }
        return bucket
    }

    /// 1 KiB × 2^(index ÷ 4), the quarters as eighths of the doubling: 1, 1.25, 1.5, 1.75.
    private static func upperBound(of index: Int) -> ByteCount {
        let octave = 1024 << (index / 4)
        return ByteCount(octave + octave / 4 * (index % 4))
    }
}
