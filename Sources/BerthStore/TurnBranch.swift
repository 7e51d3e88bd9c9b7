/// The place of a turn among those that follow the same turn, which differ in their message or in
/// their answer.
package struct TurnBranch: Equatable, Sendable {
    /// Its number by age, from 1.
    package let place: Int
    /// The number of them, itself included.
    package let count: Int

    /// The way from a turn to one of those beside it.
    package enum Step: String, Sendable {
        /// To the older one.
        case back
        /// No way.
        case same
        /// To the newer one.
        case next
    }

    /// Makes a place.
    package init(place: Int, count: Int) { (self.place, self.count) = (place, count) }
}
