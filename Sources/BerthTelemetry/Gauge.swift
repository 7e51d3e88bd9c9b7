import BerthLoop

/// A family of values that are read at each scrape.
///
/// A missing value is omitted.
@Loop final class Gauge: MetricFamily {
    let name: String
    let help: String
    let type = "gauge"
    private let label: String
    private let series: @Loop () -> [(value: String, number: Double?)]

    init(
        name: String,
        help: String,
        label: String,
        series: @escaping @Loop () -> [(value: String, number: Double?)]
    ) {
        self.name = name
        self.help = help
        self.label = label
        self.series = series
    }

    func write(to text: inout String) {
        for (value, number) in series() {
            guard let number else { continue }
            text += "\(name)\(Exposition.labels(label, value)) \(Exposition.number(number))\n"
        }
    }
}
