import BerthLoop

/// The value of a field in a log line.
package enum LogValue: Sendable, ExpressibleByStringLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByStringInterpolation
{
    case text(String)
    case number(Int64)

    package init(stringLiteral value: String) { self = .text(value) }

    package init(integerLiteral value: Int64) { self = .number(value) }

    /// The value of an integer.
    package static func int(_ value: some BinaryInteger) -> LogValue {
        .number(Int64(clamping: value))
    }

    /// The value of a duration, in whole milliseconds.
    package static func ms(_ value: Duration) -> LogValue { .number(value.milliseconds()) }

    /// The description of any value, such as an error or a byte count.
    package static func describing(_ value: some Sendable) -> LogValue { .text("\(value)") }
}
