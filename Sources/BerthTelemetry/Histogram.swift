package import BerthLoop

/// A distribution over fixed buckets.
@Loop package final class Histogram: MetricFamily {
    let name: String
    let help: String
    let type = "histogram"
    private let buckets: [Double]
    private var counts: [Int]
    private var sum = 0.0

    init(name: String, help: String, buckets: [Double]) {
        self.name = name
        self.help = help
        self.buckets = buckets
        counts = [Int](repeating: 0, count: buckets.count + 1)
    }

    /// Counts one value.
    package func observe(_ value: Double) {
        counts[buckets.firstIndex { value <= $0 } ?? buckets.count] += 1
        sum += value
    }

    /// Counts one duration, in seconds.
    package func observe(_ duration: Duration) { observe(duration.seconds) }

    func write(to text: inout String) {
        var total = 0
        for (bound, count) in zip(buckets.map(Exposition.number) + ["+Inf"], counts) {
            total += count
            text += "\(name)_bucket{le=\"\(bound)\"} \(total)\n"
        }
        text += "\(name)_sum \(Exposition.number(sum))\n\(name)_count \(total)\n"
    }
}
