import BerthHTTP
import BerthLoop

extension HTTPResponse {
    /// The longest wait after which a client's own repetition makes sense.
    static let longestRepeat = Duration.seconds(60)
    /// The longest wait that a client is told in `Retry-After`.
    static let longestRetryAfter = Duration.seconds(600)

    /// Keeps API clients from repeating a request in vain, or from sleeping for hours.
    ///
    /// The vendors' own clients read `x-should-retry`, and repeat at once what is to be repeated in
    /// more than a minute. Others sleep as long as `Retry-After` says, which for a used-up day is
    /// hours. The error's words name the time.
    mutating func limitRetries() {
        guard let field = headers["retry-after"], let seconds = Int64(field) else { return }
        if .seconds(seconds) > HTTPResponse.longestRepeat { headers["x-should-retry"] = "false" }
        if .seconds(seconds) > HTTPResponse.longestRetryAfter { headers["retry-after"] = nil }
    }
}
