import BerthHTTP
import BerthLoop

extension HTTPResponse {
    /// The longest wait after which a client's own repetition makes sense.
    static let longestRepeat = Duration.seconds(60)

    /// Keeps API clients from repeating a request in vain.
    ///
    /// The vendors' own clients read `x-should-retry`. Without it, some repeat at once what is to be
    /// repeated in more than a minute. `Retry-After` stays the true wait.
    mutating func limitRetries() {
        guard let field = headers["retry-after"], let seconds = Int64(field) else { return }
        if .seconds(seconds) > HTTPResponse.longestRepeat { headers["x-should-retry"] = "false" }
    }
}
