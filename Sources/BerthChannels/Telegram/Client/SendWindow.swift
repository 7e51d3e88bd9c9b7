import BerthLoop

/// The calls of a bot in the last second, counted so that the server sees no more of them than its
/// limit in any second, however long each call is on its way.
///
/// A call counts from its slot until a second after its answer. The server carries it out between
/// the two, so of any calls that it carries out within a second, all count when the last of them
/// gets its slot.
struct SendWindow {
    private let most: Int
    private let span: Duration
    private var underWay = 0
    /// The ends of the last calls, the oldest first, each with the number of its messages.
    private var ends: [(at: Instant, count: Int)] = []

    /// Makes a window without calls, for at most `most` in any `span`.
    init(_ most: Int, in span: Duration) { (self.most, self.span) = (most, span) }

    /// Returns the first instant, `now` or later, at which `count` messages may be sent.
    ///
    /// It assumes that the calls under way end now. More than the limit may be sent when nothing
    /// else counts.
    func ready(for count: Int, at now: Instant) -> Instant {
        let past = ends.filter { now - $0.at < span }
        var over = underWay + min(count, most) - most + past.reduce(0) { $0 + $1.count }
        if over <= 0 { return now }
        for end in past {
            over -= end.count
            if over <= 0 { return end.at + span }
        }
        return now + span
    }

    /// Counts a call from now on.
    mutating func begin(_ count: Int) { underWay += count }

    /// Notes the answer of a call, or that the call was not made after all.
    mutating func end(_ count: Int, wasMade: Bool = true, at now: Instant) {
        underWay -= count
        ends.removeAll { now - $0.at >= span }
        if wasMade { ends.append((now, count)) }
    }
}
