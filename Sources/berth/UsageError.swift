import BerthConfig
import BerthMemory
import BerthTelemetry

/// An error in the command line.
///
/// It goes to standard error, and the exit status is 2.
struct UsageError: Error, Equatable, CustomStringConvertible {
    /// The error and the allowed arguments.
    var text: String
    /// The words after `berth help` that explain the verb.
    var help: [String] = []

    /// Two lines: the error, and the command that prints help.
    var description: String {
        "berth: \(text)\nTry: " + (["berth", "help"] + help).joined(separator: " ")
    }
}
