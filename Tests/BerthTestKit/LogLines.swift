package import BerthTelemetry
import Synchronization

/// A log's lines of every level, for a test to read.
package final class LogLines: Sendable {
    private let lines = Mutex<[String]>([])

    /// Makes an empty list.
    package init() {}

    /// The log that writes into this list.
    package var log: Log {
        Log(level: .debug) { line in self.lines.withLock { $0.append(line) } }
    }

    /// All lines so far.
    package var all: [String] { lines.withLock { $0 } }
}
