import BerthLoop

/// The shortages that a server has reported in the log, each at most once in a while.
struct HTTPServerShortages {
    /// The kinds of shortage.
    enum Kind: Int, CaseIterable {
        case connections
        case address
        case descriptors
    }

    /// Whether the daemon is run once a second alone, because it would spin otherwise.
    var isPaused = false
    /// The number of seconds in which connections could not be accepted.
    var seconds = 0
    private var reported: [Kind: Instant] = [:]
    private var counts: [Kind: Int] = [:]

    /// Counts what was refused in all, and says how much of it is to be reported now.
    ///
    /// - Returns: the number since the last report, or 0 if nothing is to be reported.
    mutating func report(_ kind: Kind, total: Int, at now: Instant) -> Int {
        let new = total - counts[kind, default: 0]
        guard new > 0 else { return 0 }
        if let last = reported[kind], now < last + HTTPServerLimits.warningInterval { return 0 }
        (counts[kind], reported[kind]) = (total, now)
        return new
    }
}
