/// The form of a log line.
package enum LogFormat: String, Sendable, CaseIterable {
    /// `key=value` pairs, for people.
    case text
    /// One JSON object per line, for machines.
    case json
}
