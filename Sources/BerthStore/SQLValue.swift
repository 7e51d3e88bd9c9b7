package import BerthLoop

/// What SQLite stores in a column of Berth's tables.
package enum SQLValue: Sendable {
    case null
    case integer(Int64)
    case text(String)
    case blob([UInt8])
}

/// A type that can stand for a `?` of a statement.
package protocol Bindable {
    /// The value as SQLite stores it.
    var sqlValue: SQLValue { get }
}

extension Int64: Bindable {
    package var sqlValue: SQLValue { .integer(self) }
}

extension Int: Bindable {
    package var sqlValue: SQLValue { .integer(Int64(self)) }
}

extension Bool: Bindable {
    package var sqlValue: SQLValue { .integer(self ? 1 : 0) }
}

extension String: Bindable {
    package var sqlValue: SQLValue { .text(self) }
}

extension [UInt8]: Bindable {
    package var sqlValue: SQLValue { .blob(self) }
}

extension Timestamp: Bindable {
    package var sqlValue: SQLValue { .integer(milliseconds) }
}

extension RowID: Bindable {
    package var sqlValue: SQLValue { .integer(value) }
}

extension Optional: Bindable where Wrapped: Bindable {
    package var sqlValue: SQLValue { self?.sqlValue ?? .null }
}

extension Bindable where Self: RawRepresentable, RawValue == String {
    package var sqlValue: SQLValue { .text(rawValue) }
}
