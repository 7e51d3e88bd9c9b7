import BerthLoop

/// A metric's name with its help, type and series.
@Loop protocol MetricFamily {
    var name: String { get }
    var help: String { get }
    var type: String { get }
    func write(to text: inout String)
}
