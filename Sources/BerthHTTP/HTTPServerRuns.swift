import BerthLoop

/// The runs of libmicrohttpd's daemon within the current second, by which busy loops are found.
struct HTTPServerRuns {
    /// Whether a run is posted for the loop's next turn.
    var isPosted = false
    /// Whether bytes, an answer or a connection have moved since the last run began.
    var hasMoved = false
    /// The number of connections that were accepted in this second.
    var accepted = 0
    /// The time when the run that goes on began, or nil between two runs.
    var now: Instant?
    private var idle = 0
    private var pending = 0

    /// The runs of a second that may move nothing although the daemon asks for another run.
    ///
    /// Further ones wait for 50 ms.
    private static let mostIdle = 32
    /// The further ones for each connection that was accepted in this second.
    ///
    /// libmicrohttpd refuses a header that is too large in about as many runs, and tells nobody.
    private static let idlePerConnection = 24
    /// The runs after which the daemon asked for another one, between two checks of chunked bodies.
    private static let pendingPerCheck = 8

    /// Begins a new second.
    mutating func turnSecond() { (idle, accepted) = (0, 0) }

    mutating func begin() { (isPosted, hasMoved) = (false, false) }

    /// Counts a run after which the daemon asks for another one at once.
    ///
    /// Progress of other connections does not reset the count, or one busy client would allow
    /// another to spin.
    ///
    /// - Returns: whether the next run may be at once.
    mutating func isAllowedAnother() -> Bool {
        if !hasMoved { idle += 1 }
        return hasMoved
            || idle < HTTPServerRuns.mostIdle + accepted * HTTPServerRuns.idlePerConnection
    }

    /// Counts the same run for the check of chunked bodies.
    ///
    /// - Returns: whether the check is due.
    mutating func isCheckDue() -> Bool {
        pending += 1
        guard pending >= HTTPServerRuns.pendingPerCheck else { return false }
        pending = 0
        return true
    }
}
