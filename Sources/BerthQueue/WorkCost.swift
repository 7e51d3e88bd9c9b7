import BerthLoop

/// The cost of a call in the fair queue: its duration times its price.
///
/// The unit is a millisecond times a millionth of a dollar. For example, a chat of 3 s for $0.001
/// costs 3,000,000 units. The cost only compares calls with one another and is not used for
/// billing.
package struct WorkCost: Hashable, Comparable, Sendable {
    /// The number of units, 0 to ``most``.
    package let units: Int64

    /// The maximum cost of one call, which is a minute for $18.
    ///
    /// It keeps sums within 63 bits.
    package static let most = WorkCost(units: 1 << 40)

    /// No cost.
    package static let zero = WorkCost(units: 0)

    /// Predicts the cost of a call from what is known when it is called.
    package typealias Prediction = @Loop @Sendable () -> WorkCost

    /// Makes a cost of `units`, clamped to 0…``most``.
    package init(units: Int64) { self.units = min(max(0, units), 1 << 40) }

    /// Makes the cost of a call.
    ///
    /// - Parameters:
    ///   - duration: the time it holds the provider, at least 1 ms.
    ///   - micros: its price in millionths of a dollar, at least 100, so that the time of a free
    ///     model is charged too.
    package init(duration: Duration, micros: Int64) {
        let ms = max(1, duration / .milliseconds(1))
        let product = min(ms, 1e12) * Double(max(100, micros))
        self.init(units: Int64(min(product, Double(1 << 40))))
    }

    /// The cost of a failed call whose actual cost is unknown: a quarter of the prediction.
    ///
    /// A failed call returns nothing but occupied the provider, and a tenant whose calls always
    /// fail must not always be served first.
    var afterFailure: WorkCost { WorkCost(units: units / 4) }

    package static func < (left: WorkCost, right: WorkCost) -> Bool { left.units < right.units }
}
