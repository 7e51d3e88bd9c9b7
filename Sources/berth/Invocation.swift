import BerthConfig
import BerthMemory
import BerthTelemetry

/// A parsed command line.
struct Invocation: Equatable {
    /// `--config`; nil for ``ConfigurationFile/usualPath`` if it exists.
    var config: String?
    /// `--json`: whether to print JSON for scripts instead of tables for people.
    var json = false
    /// The command to run.
    var command: Command
}
