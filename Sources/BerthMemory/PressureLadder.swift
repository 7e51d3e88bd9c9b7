/// The rungs that are in force.
package struct PressureLadder: Sendable {
    /// The highest rung in force, or nil if none is.
    package private(set) var rung: PressureRung?

    /// Makes a ladder with no rung in force.
    package init() {}

    /// A step up or down.
    package enum Step: Equatable, Sendable {
        case entered(PressureRung)
        case left(PressureRung)
    }

    /// Takes the next step at `percent` of the limit.
    ///
    /// It takes one step at a time, because the memory that one rung frees may make the next
    /// unnecessary.
    ///
    /// - Returns: the step, or nil if the rung stays the same.
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
