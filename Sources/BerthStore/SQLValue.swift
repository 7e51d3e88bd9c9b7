import BerthLoop

/// A value as SQLite stores it in a column of Berth's tables.
enum SQLValue: Sendable {
    case null
    case integer(Int64)
    case text(String)
    case blob([UInt8])
}

/// A type that can be bound to one or more `?` of a statement.
protocol Bindable {
    /// Binds the value to the next `?`, or the next ones, and moves `index` to the last of them.
    func bind(to statement: Statement, after index: inout Int32) throws(StoreError)
}

/// A type that takes one column.
protocol SQLConvertible: Bindable {
    /// The value as SQLite stores it.
    var sqlValue: SQLValue { get }
}

extension SQLConvertible {
    func bind(to statement: Statement, after index: inout Int32) throws(StoreError) {
        index += 1
        try statement.bind(sqlValue, at: index)
    }
}

extension Int64: SQLConvertible {
    var sqlValue: SQLValue { .integer(self) }
}

extension Int: SQLConvertible {
    var sqlValue: SQLValue { .integer(Int64(self)) }
}

extension Bool: SQLConvertible {
    var sqlValue: SQLValue { .integer(self ? 1 : 0) }
}

extension String: SQLConvertible {
    var sqlValue: SQLValue { .text(self) }
}

extension Array: Bindable, SQLConvertible where Element == UInt8 {
    var sqlValue: SQLValue { .blob(self) }
}

extension Timestamp: SQLConvertible {
    var sqlValue: SQLValue { .integer(milliseconds) }
}

extension RowID: SQLConvertible {
    var sqlValue: SQLValue { .integer(value) }
}

extension Optional: Bindable, SQLConvertible where Wrapped: SQLConvertible {
    var sqlValue: SQLValue { self?.sqlValue ?? .null }
}

extension SQLConvertible where Self: RawRepresentable, RawValue == String {
    var sqlValue: SQLValue { .text(rawValue) }
}
