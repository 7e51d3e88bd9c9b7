package import BerthLoop

/// A family of counts that only grow.
@Loop package final class Counter: MetricFamily {
    let name: String
    let help: String
    let type = "counter"
    private let label: String
    private let values: [String]
    private var counts: [Int]
    private let read: (@Loop (String) -> Int)?

    /// Makes a family.
    ///
    /// If there is a `read`, the counts are kept elsewhere.
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

    /// Adds `amount` (0 or more) to the series of `value`, which must be in the family's list.
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
