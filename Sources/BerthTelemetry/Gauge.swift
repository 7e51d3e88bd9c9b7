import BerthLoop

/// A family of values that are read at each scrape.
///
/// A missing value is omitted.
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
