/// What is done when memory runs short, mildest first; each rung stays in force below the next.
package enum PressureRung: Int, CaseIterable, Comparable, Sendable {
    /// Free pages go back to the kernel, and SQLite's cache.
    case trim
    /// The response cache keeps a quarter of what it may.
    case shrinkCache
    /// Connections that nobody uses are closed, ours and our clients'.
    case dropIdle
    /// What is under way goes on; nothing new is asked of a provider, it waits.
    case queueOnly
    /// Who is furthest over its share gets nothing new.
    case refuseLargest

    /// A rung's place in the table.
    package struct Row: Sendable {
        /// As logs, metrics and the report name it.
        package let name: String
        /// Entered at this part of the limit, in percent.
        package let enters: Int
        /// Left below this part of it, so that it is not entered and left each second.
        package let leaves: Int
        /// What it does, for the operator.
        package let does: String
    }

    /// The table.
    package var row: Row {
        switch self {
        case .trim:
            Row(name: "trim", enters: 75, leaves: 70, does: "free pages go back to the kernel")
        case .shrinkCache:
            Row(name: "shrink-cache", enters: 80, leaves: 74, does: "the cache keeps a quarter")
        case .dropIdle:
            Row(name: "drop-idle", enters: 85, leaves: 79, does: "idle connections are closed")
        case .queueOnly:
            Row(name: "queue-only", enters: 90, leaves: 84, does: "what is new waits")
        case .refuseLargest:
            Row(
                name: "refuse-largest",
                enters: 95,
                leaves: 89,
                does: "who is furthest over its share gets nothing new"
            )
        }
    }

    package static func < (left: PressureRung, right: PressureRung) -> Bool {
        left.rawValue < right.rawValue
    }
}

/// Which rung the process stands on.
package struct PressureLadder: Sendable {
    /// The highest rung in force; nil: the ground.
    package private(set) var rung: PressureRung?

    /// Starts on the ground.
    package init() {}

    /// A step up or down.
    package enum Step: Equatable, Sendable {
        case entered(PressureRung)
        case left(PressureRung)
    }

    /// The next step at `percent` of the limit, which is then taken; nil: stay.
    ///
    /// One at a time: what a rung regains may make the next one needless.
    package mutating func step(at percent: Double) -> Step? {
        let next = PressureRung(rawValue: (rung?.rawValue ?? -1) + 1)
        if let next, percent >= Double(next.row.enters) {
            rung = next
            return .entered(next)
        }
        if let rung, percent < Double(rung.row.leaves) {
            self.rung = PressureRung(rawValue: rung.rawValue - 1)
            return .left(rung)
        }
        return nil
    }
}
