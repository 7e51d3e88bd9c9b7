/// The measures against a shortage of memory, from the mildest to the strongest.
///
/// Each stays in force while a stronger one is.
package enum PressureRung: Int, CaseIterable, Comparable, Sendable {
    /// Free pages and SQLite's cache are returned to the kernel.
    case trim
    /// The response cache shrinks to a quarter of its limit.
    case shrinkCache
    /// Idle connections of clients and to providers are closed.
    case dropIdle
    /// One picture is converted at a time.
    case onePicture
    /// Results of conversions have half of the wanted sides.
    case smallPictures
    /// New pictures are refused, and text goes on.
    case textOnly
    /// Running calls continue. New provider calls wait.
    case queueOnly
    /// New work of the tenant furthest over its share is refused.
    case refuseLargest

    /// A rung's row in the table.
    package struct Row: Sendable {
        /// The name in logs, metrics and the report.
        package let name: String
        /// The percentage of the limit at which the rung is entered.
        package let enters: Int
        /// The percentage below which it is left.
        ///
        /// It is lower than ``enters``, so the rung is not entered and left each second.
        package let leaves: Int
        /// The effect, for the operator.
        package let does: String
    }

    /// The rung's row in the table of all rungs.
    package var row: Row {
        switch self {
        case .trim:
            Row(name: "trim", enters: 75, leaves: 70, does: "free pages are returned to the kernel")
        case .shrinkCache:
            Row(
                name: "shrink-cache",
                enters: 80,
                leaves: 74,
                does: "the cache shrinks to a quarter"
            )
        case .dropIdle:
            Row(name: "drop-idle", enters: 85, leaves: 79, does: "idle connections are closed")
        case .onePicture:
            Row(
                name: "one-picture",
                enters: 86,
                leaves: 80,
                does: "pictures are converted one at a time"
            )
        case .smallPictures:
            Row(
                name: "small-pictures",
                enters: 87,
                leaves: 81,
                does: "pictures get half of their sides"
            )
        case .textOnly:
            Row(name: "text-only", enters: 88, leaves: 82, does: "new pictures are refused")
        case .queueOnly:
            Row(name: "queue-only", enters: 90, leaves: 84, does: "new provider calls wait")
        case .refuseLargest:
            Row(
                name: "refuse-largest",
                enters: 95,
                leaves: 89,
                does: "new work of the tenant furthest over its share is refused"
            )
        }
    }

    /// Whether the rung limits work that begins later, and frees nothing itself.
    package var isForPictures: Bool { (.onePicture)...(.textOnly) ~= self }

    package static func < (left: PressureRung, right: PressureRung) -> Bool {
        left.rawValue < right.rawValue
    }
}
