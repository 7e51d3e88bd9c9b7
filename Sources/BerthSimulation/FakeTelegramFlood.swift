import BerthLoop
import BerthText

/// Telegram's limits on calls, whose penalties grow.
struct FakeTelegramFlood {
    /// The calls that are allowed.
    struct Limits: Sendable {
        /// Calls within ``FakeTelegramFlood/short`` in one chat.
        var chatBurst = 5
        /// Calls a minute in a chat with one person.
        var chatPerMinute = 60
        /// Calls a minute in a group.
        var groupPerMinute = 20
        /// Calls a second in all chats.
        var perSecond = 30
    }

    private struct Line {
        var calls: [Instant] = []
        var closedUntil: Instant?
        var strikes = 0
    }

    var limits: Limits?
    private var lines: [Int: Line] = [:]
    private var all: [Instant] = []
    /// The number of answers 429.
    private(set) var refused = 0
    /// The number of calls that came before a `retry_after` was over.
    private(set) var early = 0

    /// The span of a burst.
    static let short = Duration.seconds(2)
    /// The longest penalty in seconds.
    private static let longest = 60

    init(_ limits: Limits?) { self.limits = limits }

    /// Counts a call to a chat.
    ///
    /// - Throws: a refusal with the seconds to wait.
    mutating func take(_ chat: Int, at now: Instant) throws(FakeTelegramRefusal) {
        guard let limits else { return }
        var line = lines[chat] ?? Line()
        defer { lines[chat] = line }
        if let until = line.closedUntil, now < until {
            early += 1
            throw refuse(&line, until - now, at: now)
        }
        line.calls.removeAll { now - $0 >= .seconds(60) }
        all.removeAll { now - $0 >= .seconds(1) }
        if line.calls.isEmpty { line.strikes = 0 }
        let most = chat < 0 ? limits.groupPerMinute : limits.chatPerMinute
        if line.calls.count >= most {
            throw refuse(&line, line.calls[0] + .seconds(60) - now, at: now)
        }
        if line.calls.count(where: { now - $0 < Self.short }) >= limits.chatBurst
            || all.count >= limits.perSecond
        {
            throw refuse(&line, .seconds(1), at: now)
        }
        line.calls.append(now)
        all.append(now)
    }

    /// Closes a chat for a time, as if it had been flooded.
    mutating func close(_ chat: Int, for wait: Duration, at now: Instant) {
        lines[chat, default: Line()].closedUntil = now + wait
    }

    private mutating func refuse(
        _ line: inout Line,
        _ wait: Duration,
        at now: Instant
    ) -> FakeTelegramRefusal {
        refused += 1
        let penalty = Duration.seconds(min(1 << min(line.strikes, 10), Self.longest))
        line.strikes += 1
        let seconds = Int(max(wait, penalty).secondsRoundedUp)
        line.closedUntil = now + .seconds(seconds)
        return FakeTelegramRefusal(
            429,
            "Too Many Requests: retry after \(seconds)",
            retryAfter: seconds
        )
    }
}
