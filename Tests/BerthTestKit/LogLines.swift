package import BerthTelemetry
import Synchronization

/// Everything that is logged, at every level.
package final class LogLines: Sendable {
    private let lines = Mutex<[String]>([])

    /// Makes an empty one.
    package init() {}

    /// What writes here.
    package var log: Log {
        Log(level: .debug) { line in self.add(line) }
    }

    /// Notes a line of the test's own.
    package func add(_ line: String) { lines.withLock { $0.append(line) } }

    /// All lines so far.
    package var all: [String] { lines.withLock { $0 } }
}
