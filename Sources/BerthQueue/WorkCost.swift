import BerthLoop

/// What a call is worth in the queue's eyes: how long it holds a provider times what that costs.
///
/// The unit is a millisecond times a millionth of a dollar: a chat of 3 s for $0.001 costs
/// 3,000,000. It only compares calls with each other; money is accounted elsewhere.
package struct WorkCost: Hashable, Comparable, Sendable {
    /// The number of units, 0 to ``most``.
    package let units: Int64

    /// The most that one call counts for (a minute of $18); also what keeps sums inside 63 bits.
    package static let most = WorkCost(units: 1 << 40)

    /// No cost.
    package static let zero = WorkCost(units: 0)

    /// Says what a call will cost, as far as is known now.
    package typealias Prediction = @Loop @Sendable () -> WorkCost

    /// Makes a cost of `units`, brought into 0…``most``.
    package init(units: Int64) { self.units = min(max(0, units), 1 << 40) }

    /// Predicts or settles a call's cost.
    ///
    /// - Parameters:
    ///   - duration: how long it holds the provider; at least 1 ms is counted.
    ///   - micros: its price in millionths of a dollar; at least 100 are counted, so that the time
    ///     of a free model is charged too.
    package init(duration: Duration, micros: Int64) {
        let ms = max(1, duration / .milliseconds(1))
        let product = min(ms, 1e12) * Double(max(100, micros))
        self.init(units: Int64(min(product, Double(1 << 40))))
    }

    /// What a failed call counts for where nothing better is known: a quarter, because it bought
    /// nothing but held the provider, and who fails always must not go always.
    var afterFailure: WorkCost { WorkCost(units: units / 4) }

    package static func < (left: WorkCost, right: WorkCost) -> Bool { left.units < right.units }
}
