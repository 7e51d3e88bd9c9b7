/// A distribution of the bytes that were held, with one sample a second.
///
/// It has 72 buckets, four to each doubling of the size.
package struct HeldHistogram: Equatable, Sendable {
    private var counts = [UInt32](repeating: 0, count: HeldHistogram.size)

    /// The number of buckets, from 1 KiB to 256 MiB.
    ///
    /// Smaller samples are in the first bucket, and larger ones in the last.
    private static let size = 72

    /// Makes a distribution without samples.
    package init() {}

    /// The number of samples.
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

    /// The size that `part` (0...1) of the samples do not exceed, rounded up by at most a quarter.
    ///
    /// It is nil without samples.
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

    /// The upper bound of a bucket.
    ///
    /// The four buckets of each doubling have the factors 1, 1.25, 1.5 and 1.75, starting at 1 KiB.
    private static func upperBound(of index: Int) -> ByteCount {
        let octave = 1024 << (index / 4)
        return ByteCount(octave + octave / 4 * (index % 4))
    }
}
