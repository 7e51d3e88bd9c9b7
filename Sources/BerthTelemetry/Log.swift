package import BerthLoop
import Glibc
import Synchronization

/// How much is said.
package enum LogLevel: Int, Comparable, Sendable, CaseIterable {
    case debug
    case info
    case warning
    case error

    package static func < (left: LogLevel, right: LogLevel) -> Bool {
        left.rawValue < right.rawValue
    }

    /// The word in the line and on the command line.
    package var name: String { "\(self)" }
}

/// What a line looks like.
package enum LogFormat: String, Sendable, CaseIterable {
    /// `key=value` pairs, for people.
    case text
    /// One JSON object a line, for machines.
    case json
}

/// One value of a line.
package enum LogValue: Sendable, ExpressibleByStringLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByStringInterpolation
{
    case text(String)
    case number(Int64)

    package init(stringLiteral value: String) { self = .text(value) }

    package init(integerLiteral value: Int64) { self = .number(value) }

    /// An integer's value.
    package static func int(_ value: some BinaryInteger) -> LogValue {
        .number(Int64(clamping: value))
    }

    /// A duration, in whole milliseconds.
    package static func ms(_ value: Duration) -> LogValue { .number(value.milliseconds()) }

    /// Anything that describes itself: errors, byte counts.
    package static func describing(_ value: some Sendable) -> LogValue { .text("\(value)") }
}

/// The process's log: whole lines to standard error.
///
/// A message is constant; what varies is in its fields. Secrets and what people write are never
/// given to it.
package struct Log: Sendable {
    private let level: LogLevel
    private let format: LogFormat
    private let clock: any Clock
    private let sink: @Sendable (String) -> Void

    /// Makes a log.
    ///
    /// - Parameters:
    ///   - level: less than this is not said.
    ///   - format: of each line.
    ///   - clock: stamps the lines.
    ///   - sink: takes one line without its newline; nil: standard error.
    package init(
        level: LogLevel = .info,
        format: LogFormat = .text,
        clock: any Clock = SystemClock(),
        sink: (@Sendable (String) -> Void)? = nil
    ) {
        self.level = level
        self.format = format
        self.clock = clock
        self.sink = sink ?? Log.standardError
    }

    /// The same log with its lines stamped by `clock`.
    func stamped(by clock: any Clock) -> Log {
        Log(level: level, format: format, clock: clock, sink: sink)
    }

    /// Says nothing.
    package static let silent = Log(level: .error) { _ in }

    /// What only a developer asks for.
    package func debug(
        _ message: StaticString,
        _ fields: @autoclosure () -> KeyValuePairs<String, LogValue> = [:]
    ) { if level <= .debug { write(.debug, message, fields()) } }

    /// What an operator wants to have read afterwards.
    package func info(
        _ message: StaticString,
        _ fields: KeyValuePairs<String, LogValue> = [:]
    ) { write(.info, message, fields) }

    /// What went wrong and was dealt with.
    package func warning(
        _ message: StaticString,
        _ fields: KeyValuePairs<String, LogValue> = [:]
    ) { write(.warning, message, fields) }

    /// What needs the operator.
    package func error(
        _ message: StaticString,
        _ fields: KeyValuePairs<String, LogValue> = [:]
    ) { write(.error, message, fields) }

    private func write(
        _ level: LogLevel,
        _ message: StaticString,
        _ fields: KeyValuePairs<String, LogValue>
    ) {
        guard level >= self.level else { return }
        let time = clock.timestamp
        sink(LogLine(time: time, level: level, message: "\(message)", fields: fields).text(format))
    }

    private static let standardError: @Sendable (String) -> Void = { line in
        let bytes = Array(line.utf8) + [UInt8(ascii: "\n")]
        // One write a line, so that lines of several threads do not mix. What cannot be written
        // has nowhere else to go.
        _ = unsafe Glibc.write(STDERR_FILENO, bytes, bytes.count)
    }
}
