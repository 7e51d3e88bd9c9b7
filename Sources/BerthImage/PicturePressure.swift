/// The restrictions of pictures while memory is short, from the mildest to the strongest.
///
/// Each stays in force while a stronger one is.
package enum PicturePressure: Int, Comparable, Sendable {
    /// There is no restriction.
    case none
    /// One picture is converted at a time.
    case oneAtATime
    /// Results have half of the wanted sides.
    case smaller
    /// New pictures are refused.
    case textOnly

    package static func < (left: PicturePressure, right: PicturePressure) -> Bool {
        left.rawValue < right.rawValue
    }
}
