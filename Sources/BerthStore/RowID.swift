/// The key of a row of one table, so that a session's is never taken for a tenant's.
///
/// A key is never used again, also after its row was deleted.
package struct RowID<Entity>: Hashable, Comparable, Sendable {
    /// The number of the row, 1 or more.
    package let value: Int64

    /// Wraps a number that came from the database.
    package init(_ value: Int64) { self.value = value }

    package static func < (left: RowID, right: RowID) -> Bool { left.value < right.value }
}

extension RowID: CustomStringConvertible {
    /// The bare number, for logs.
    package var description: String { "\(value)" }
}
