/// A span of days in which spending counts together.
///
/// It is a calendar month, or a longer span after the date has skipped days.
package struct CalendarMonth: Codable, Hashable, Sendable {
    /// The midnight at which it begins.
    package let start: Timestamp
    /// The midnight at which it ends.
    package let end: Timestamp

    /// Makes a span from `start` up to `end`.
    package init(start: Timestamp, end: Timestamp) {
        self.start = start
        self.end = end
    }
}
