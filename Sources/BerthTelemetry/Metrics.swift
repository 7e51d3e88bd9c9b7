package import BerthLoop

/// The process's metrics and their Prometheus text.
///
/// Each family is made once at start with all its series, so a label's values are a closed list:
/// there is no way to put a tenant or a session into one.
@Loop package final class Metrics {
    private var families: [any MetricFamily] = []

    /// Makes an empty registry.
    package nonisolated init() {}

    /// A count that only grows; `name` ends with `_total`.
    ///
    /// `label` is the one label's name, "" for none; `values` are all that it will have.
    package func counter(
        _ name: String,
        help: String,
        label: String = "",
        values: [String] = [""]
    ) -> Counter {
        let counter = Counter(name: name, help: help, label: label, values: values)
        families.append(counter)
        return counter
    }

    /// A count that only grows and is kept elsewhere: read when asked for, a series each.
    ///
    /// `label` and `values` are as of a count that is kept here.
    package func counter(
        _ name: String,
        help: String,
        label: String = "",
        values: [String] = [""],
        read: @escaping @Loop (String) -> Int
    ) {
        let counter = Counter(name: name, help: help, label: label, values: values, read: read)
        families.append(counter)
    }

    /// A value that is read when asked for.
    package func gauge(_ name: String, help: String, read: @escaping @Loop () -> Double?) {
        gauge(name, help: help, label: "", values: [""]) { _ in read() }
    }

    /// Values that are read when asked for, a series each.
    ///
    /// `label` and `values` are as of a count.
    package func gauge(
        _ name: String,
        help: String,
        label: String,
        values: [String],
        read: @escaping @Loop (String) -> Double?
    ) {
        families.append(Gauge(name: name, help: help, label: label, values: values, read: read))
    }

    /// A distribution over `buckets`, whose upper bounds ascend.
    package func histogram(_ name: String, help: String, buckets: [Double]) -> Histogram {
        let histogram = Histogram(name: name, help: help, buckets: buckets)
        families.append(histogram)
        return histogram
    }

    /// Upper bounds in seconds for latencies from a millisecond to five minutes.
    package static nonisolated let latencyBuckets = [
        0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300,
    ]

    /// The exposition format, `text/plain; version=0.0.4`.
    package var text: String {
        var text = ""
        for family in families {
            text += "# HELP \(family.name) \(Exposition.escaped(family.help, quote: false))\n"
            text += "# TYPE \(family.name) \(family.type)\n"
            family.write(to: &text)
        }
        return text
    }
}

/// One name with its help, type and series.
@Loop protocol MetricFamily {
    var name: String { get }
    var help: String { get }
    var type: String { get }
    func write(to text: inout String)
}

/// A family of counts that only grow.
@Loop package final class Counter: MetricFamily {
    let name: String
    let help: String
    let type = "counter"
    private let label: String
    private let values: [String]
    private var counts: [Int]
    private let read: (@Loop (String) -> Int)?

    /// With `read` the counts are kept elsewhere.
    init(
        name: String,
        help: String,
        label: String,
        values: [String],
        read: (@Loop (String) -> Int)? = nil
    ) {
        self.name = name
        self.help = help
        self.label = label
        self.values = values
        self.read = read
        counts = [Int](repeating: 0, count: values.count)
    }

    /// Adds `amount` (0 or more) to the series of `value`, which must be of the family's list.
    package func add(_ amount: Int = 1, _ value: String = "") {
        guard let index = values.firstIndex(of: value) else {
            preconditionFailure("\(name) has no series '\(value)'")
        }
        counts[index] += amount
    }

    func write(to text: inout String) {
        for (value, own) in zip(values, counts) {
            let count = read?(value) ?? own
            text += "\(name)\(Exposition.labels(label, value)) \(count)\n"
        }
    }
}

/// Values read at each scrape; a missing one is left out.
@Loop final class Gauge: MetricFamily {
    let name: String
    let help: String
    let type = "gauge"
    private let label: String
    private let values: [String]
    private let read: @Loop (String) -> Double?

    init(
        name: String,
        help: String,
        label: String,
        values: [String],
        read: @escaping @Loop (String) -> Double?
    ) {
        self.name = name
        self.help = help
        self.label = label
        self.values = values
        self.read = read
    }

    func write(to text: inout String) {
        for label in values {
            guard let value = read(label) else { continue }
            let labels = Exposition.labels(self.label, label)
            text += "\(name)\(labels) \(Exposition.number(value))\n"
        }
    }
}

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
