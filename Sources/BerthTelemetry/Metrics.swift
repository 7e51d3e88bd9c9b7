package import BerthLoop

/// The process's metrics and their Prometheus text.
///
/// Each family is made once at startup. A label's values are a closed list, or the numbers of the
/// tenants. No label contains a name, because anybody may read the metrics.
@Loop package final class Metrics {
    private var families: [any MetricFamily] = []

    /// Makes an empty registry.
    package nonisolated init() {}

    /// Adds a count that only grows.
    ///
    /// `name` ends with `_total`.
    ///
    /// `label` is the name of the one label, or "" for none. `values` are all values of the label.
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

    /// Adds a count that only grows and is kept elsewhere.
    ///
    /// `read` returns the count of a series, and is called at each scrape.
    ///
    /// `label` and `values` are the same as those of a count that is kept here.
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

    /// Adds a value that is read at each scrape.
    package func gauge(_ name: String, help: String, read: @escaping @Loop () -> Double?) {
        gauge(name, help: help, label: "", values: [""]) { _ in read() }
    }

    /// Adds values that are read at each scrape, one for each series.
    ///
    /// `label` and `values` are the same as those of a count.
    package func gauge(
        _ name: String,
        help: String,
        label: String,
        values: [String],
        read: @escaping @Loop (String) -> Double?
    ) {
        let gauge = Gauge(name: name, help: help, label: label) {
            values.map { ($0, read($0)) }
        }
        families.append(gauge)
    }

    /// Adds values that are read at each scrape, one for each tenant, whose number is the label.
    ///
    /// `read` returns the tenants' numbers and their values.
    package func gaugeOfTenants(
        _ name: String,
        help: String,
        read: @escaping @Loop () -> [(tenant: Int64, value: Double)]
    ) {
        let gauge = Gauge(name: name, help: help, label: "tenant") {
            read().map { ("\($0.tenant)", $0.value) }
        }
        families.append(gauge)
    }

    /// Adds a distribution over `buckets`, which are upper bounds in ascending order.
    package func histogram(_ name: String, help: String, buckets: [Double]) -> Histogram {
        let histogram = Histogram(name: name, help: help, buckets: buckets)
        families.append(histogram)
        return histogram
    }

    /// Drops all metrics.
    ///
    /// The values that are read at a scrape hold the service's parts, which hold the metrics.
    package func removeAll() { families = [] }

    /// Upper bounds in seconds for latencies from a millisecond to five minutes.
    package static nonisolated let latencyBuckets = [
        0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300,
    ]

    /// The text of all metrics in the exposition format, `text/plain; version=0.0.4`.
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
