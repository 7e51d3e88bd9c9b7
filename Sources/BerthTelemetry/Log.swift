package import BerthLoop
import Glibc
import Synchronization

/// The process's log, which writes whole lines to standard error.
///
/// A message is constant, and all variable data is in its fields. Secrets and texts of users are
/// never logged.
package struct Log: Sendable {
    private let level: LogLevel
    private let format: LogFormat
    private let clock: any Clock
    private let sink: @Sendable (String) -> Void

    /// Makes a log.
    ///
    /// - Parameters:
    ///   - level: the lowest level that is written.
    ///   - format: the form of each line.
    ///   - clock: the source of each line's time stamp.
    ///   - sink: a function that takes one line without its newline. If it is nil, lines are written
    ///     to standard error at once, which waits for its reader.
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

    /// Makes a log whose lines go through a writer, which never makes its callers wait.
    package init(level: LogLevel = .info, format: LogFormat = .text, writer: LogWriter) {
        self.init(level: level, format: format) { writer.add($0) }
    }

    /// The same log with its lines stamped by `clock`.
    func stamped(by clock: any Clock) -> Log {
        Log(level: level, format: format, clock: clock, sink: sink)
    }

    /// A log that writes nothing.
    package static let silent = Log(level: .error) { _ in }

    /// Writes a line for developers.
    package func debug(
        _ message: StaticString,
        _ fields: @autoclosure () -> KeyValuePairs<String, LogValue> = [:]
    ) { if level <= .debug { write(.debug, message, fields()) } }

    /// Writes a line that an operator may need later.
    package func info(
        _ message: StaticString,
        _ fields: KeyValuePairs<String, LogValue> = [:]
    ) { write(.info, message, fields) }

    /// Writes a line about a fault that was handled.
    package func warning(
        _ message: StaticString,
        _ fields: KeyValuePairs<String, LogValue> = [:]
    ) { write(.warning, message, fields) }

    /// Writes a line about a fault that needs the operator.
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
        let time = clock.wall
        sink(LogLine(time: time, level: level, message: "\(message)", fields: fields).text(format))
    }

    private static let standardError: @Sendable (String) -> Void = { line in
        let bytes = Array(line.utf8) + [UInt8(ascii: "\n")]
        // Each line is one write, so lines of several threads do not mix. There is no other place for
        // a line that cannot be written.
        _ = unsafe Glibc.write(STDERR_FILENO, bytes, bytes.count)
    }
}
