import BerthHTTP
import BerthLoop
import BerthText

/// The waits that a body states.
extension UpstreamFault {
    /// The wait that the body asks for at `now`, the provider's own time.
    ///
    /// A time that is over says nothing about the next one.
    func wait(at now: Timestamp) -> Duration? {
        wait ?? until.flatMap { $0 > now ? RetryAfter.Wait.until($0).duration(at: now) : nil }
    }

    /// The members that hold a wait, as a number of seconds, a duration or a date.
    private static let waits = [
        "retry_after", "retryAfter", "retry_after_seconds", "resets_in_seconds", "reset_after",
        "resetAfter", "reset_in", "quotaResetDelay", "reset", "resets",
    ]
    /// The members that hold a wait in milliseconds.
    private static let shortWaits = ["retry_after_ms", "retryAfterMs", "reset_after_ms"]
    /// The members that hold the time of the end of a wait.
    ///
    /// Source: `resets_at` is OpenAI's for the limits of an account, and `quotaResetTimeStamp`
    /// Google's.
    private static let dates = [
        "retry_at", "retryAt", "resets_at", "resetsAt", "reset_at", "resetAt", "reset_time",
        "resetTime", "available_at", "quotaResetTimeStamp",
    ]

    /// Reads the members that state a wait.
    mutating func readWaits(_ object: JSONObject) {
        for name in UpstreamFault.waits {
            guard let text = UpstreamFault.plain(object, name) else { continue }
            take(RetryAfter.moment(text))
        }
        for name in UpstreamFault.shortWaits where wait == nil {
            wait = object.integer(name).flatMap { RetryAfter.duration("\($0)ms") }
        }
        for name in UpstreamFault.dates where until == nil {
            until = UpstreamFault.plain(object, name).flatMap { ForeignDate.read($0) }
        }
        guard let fields = object.object("headers") else { return }
        // OpenRouter puts the fields of the refusal into the body.
        var headers = HTTPHeaders()
        var count = 0
        fields.each { name, value in
            count += 1
            guard count <= UpstreamFault.mostFields, name.count <= 64, value.count <= 64 else {
                return
            }
            let isText = value.first == UInt8(ascii: "\"")
            let plain = isText ? value.dropFirst().dropLast() : value
            headers[String(decoding: name, as: UTF8.self)] = String(decoding: plain, as: UTF8.self)
        }
        for stated in RetryAfter.stated(in: headers) { take(stated) }
    }

    /// The most fields of an answer that a body repeats which are read.
    private static let mostFields = 64

    /// A short text or number of a member, or nil if it has none.
    private static func plain(_ object: JSONObject, _ name: String) -> String? {
        guard let value = object.value(name), value.count <= 66 else { return nil }
        return object.string(name) ?? String(decoding: value, as: UTF8.self)
    }

    /// Takes a wait that the body states, if it is the first one, and the latest of several times.
    private mutating func take(_ stated: RetryAfter.Wait?) {
        switch stated {
        case .after(let time): wait = wait ?? time
        case .until(let date): until = max(until ?? date, date)
        case nil: break
        }
    }
}
