/// The place of a turn among those beside it, as clients see it.
package struct BranchInfo: Encodable, Sendable {
    /// Its number by age, from 1.
    package let place: Int
    /// The number of them, itself included.
    package let count: Int
}
