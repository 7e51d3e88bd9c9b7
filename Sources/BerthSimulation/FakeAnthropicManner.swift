import BerthHTTP

/// How the fake answers when the model's name says so.
enum AnthropicManner: String, CaseIterable {
    /// Answers with the last user message's text.
    case echo
    /// Answers with the request's own JSON, to see what was passed on.
    case echoRequest = "echo-request"
    /// Answers with a word and then a call of each of the request's tools.
    case tool
    /// Thinks aloud, and redacted, before its answer.
    case thinking
    /// Ends for the limit of tokens.
    case maxTokens = "max-tokens"
    /// Ends for the model's refusal.
    case refusal
    /// Tells tokens of the cache beside the others.
    case cached
    /// Takes the request and never answers.
    case silence
    /// Sends 2,000 pings amid the answer.
    case pings
    /// Sends events, deltas and blocks of types that nobody knows.
    case unknown
    /// Streams CRLF lines byte by byte.
    case drip
    /// Ends the connection in the middle of an event.
    case cutEvent = "cut-event"
    /// Ends the stream well, but without `message_stop`.
    case noStop = "no-stop"
    /// Ends the stream with `message_stop`, but without ever saying why.
    case noReason = "no-reason"
    /// Never says the usage of its output.
    case noUsage = "no-usage"
    /// Streams some words and then an error event.
    case errorMidway = "error-midway"
    /// Streams an error event that repeats the key, and nothing else.
    case errorAtOnce = "error-at-once"
    /// Streams what is no JSON.
    case badJSON = "bad-json"
    /// Answers a stream with status 200 and a JSON error.
    case jsonOnStream = "json-on-stream"
    /// 401 that repeats the key, as careless servers do.
    case badKey = "401"
    /// 402: the account is empty.
    case noCredit = "no-credit"
    /// 403.
    case notAllowed = "403"
    /// 429 with `retry-after: 2`.
    case tooMany = "429"
    /// 429 for a limit of spending that no wait ends.
    case spent
    /// 400: the prompt is too long.
    case tooLong = "too-long"
    /// 404.
    case noModel = "404"
    /// 413.
    case tooLarge = "413"
    /// 500.
    case broken = "500"
    /// 504.
    case timeout = "504"
    /// 529 with `retry-after: 3`.
    case overloaded = "529"

    /// The answer of a manner that refuses; nil for the others.
    func refusal(key: String) -> HTTPResponse? {
        switch self {
        case .badKey:
            FakeAnthropic.error(401, "authentication_error", "invalid x-api-key: \(key)")
        case .noCredit: FakeAnthropic.error(402, "billing_error", "Your account is empty")
        case .notAllowed: FakeAnthropic.error(403, "permission_error", "Not with key \(key)")
        case .tooMany: waiting(429, "rate_limit_error", "Too many requests", "2")
        case .spent:
            FakeAnthropic.error(
                429,
                "rate_limit_error",
                "Your limit of spending is reached",
                details: #","details":{"error_code":"enforced_spend_limit_reached"}"#
            )
        case .tooLong:
            FakeAnthropic.error(
                400,
                "invalid_request_error",
                "prompt is too long: 9 tokens > 8 maximum"
            )
        case .noModel: FakeAnthropic.error(404, "not_found_error", "model: 404")
        case .tooLarge: FakeAnthropic.error(413, "request_too_large", "Request exceeds 32 MB")
        case .broken: FakeAnthropic.error(500, "api_error", "The fake is broken")
        case .timeout: FakeAnthropic.error(504, "timeout_error", "The fake is slow")
        case .overloaded: waiting(529, "overloaded_error", "Overloaded", "3")
        default: nil
        }
    }

    private func waiting(
        _ status: Int,
        _ type: String,
        _ message: String,
        _ retryAfter: String
    ) -> HTTPResponse {
        var response = FakeAnthropic.error(status, type, message)
        response.headers["retry-after"] = retryAfter
        return response
    }
}
