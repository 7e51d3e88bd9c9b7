/// The movement of one chunked body between two checks.
///
/// A chunk extension or a chunk size without an end fills the connection's buffer. libmicrohttpd
/// (0.9.75) then neither reads nor fails, and asks to be run again at once, forever.
struct ChunkWatch {
    /// The finding of a check.
    enum Finding: Equatable {
        /// A piece of the body has arrived since the last check.
        case moving
        /// Nothing has moved, and nothing waits to be read.
        case quiet
        /// Nothing has moved in two checks, although bytes wait to be read.
        case stuck
    }

    /// Whether a piece of the body has arrived since the last check.
    var hasMoved = true
    private var hadUnread = false

    /// Ends the time since the last check, in which the daemon ran many times.
    mutating func check(unread: Int) -> Finding {
        if hasMoved {
            (hasMoved, hadUnread) = (false, false)
            return .moving
        }
        guard unread > 0 else {
            hadUnread = false
            return .quiet
        }
        defer { hadUnread = true }
        return hadUnread ? .stuck : .moving
    }
}
