import BerthLoop

/// The moving average of a number over time, and how far the number is from it as a rule.
struct MovingAverage {
    /// The average, 0 before the first value.
    private(set) var mean = 0.0
    private var variance = 0.0
    /// The time of which it is the average, at most ``memory``.
    private var span = Duration.zero

    /// The standard deviation.
    var deviation: Double { variance.squareRoot() }

    /// The time over which it forgets.
    private static let memory = Duration.seconds(30)

    /// Records that the number was `value` for the last `time`.
    mutating func note(_ value: Double, for time: Duration) {
        guard time > .zero else { return }
        span += time
        let weight = time / span
        span = min(span, MovingAverage.memory)
        let distance = value - mean
        mean += distance * weight
        variance = (1 - weight) * (variance + distance * distance * weight)
    }
}
