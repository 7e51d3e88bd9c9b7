import BerthLoop

/// The refusals in a row for which the provider names no pause.
struct RefusalSeries {
    private var count = 0
    private var last: Instant?

    /// Records the refusal of a call that began at `began`.
    ///
    /// A call that was sent before the previous refusal does not count.
    ///
    /// - Returns: the number of refusals in a row, 1 or more.
    mutating func note(began: Instant, at now: Instant) -> Int {
        if last.map({ began > $0 }) ?? true { (count, last) = (count + 1, now) }
        return count
    }

    /// Records an answer, which ends the row.
    mutating func end() { count = 0 }
}
