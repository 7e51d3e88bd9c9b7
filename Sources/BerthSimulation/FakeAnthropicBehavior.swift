import BerthHTTP

/// The behaviors of ``FakeAnthropic``, each selected by the model name that is its raw value.
enum FakeAnthropicBehavior: String, CaseIterable {
    /// Answers with the last user message's text.
    case echo
    /// Answers with the request's own JSON, so that a test can see what was sent.
    case echoRequest = "echo-request"
    /// Answers with one word, then calls each of the request's tools.
    case tool
    /// Sends a thinking block and a redacted one before its answer.
    case thinking
    /// Ends with the stop reason `max_tokens`.
    case maxTokens = "max-tokens"
    /// Ends with the stop reason `refusal`.
    case refusal
    /// Reports cache tokens in its usage.
    case cached
    /// Accepts the request and never answers.
    case silence
    /// Sends 2,000 pings in the middle of the answer.
    case pings
    /// Sends events, deltas and blocks of unknown types.
    case unknown
    /// Streams CRLF lines byte by byte.
    case drip
    /// Ends the connection in the middle of an event.
    case cutEvent = "cut-event"
    /// Ends the stream cleanly but without `message_stop`.
    case noStop = "no-stop"
    /// Ends the stream with `message_stop` but without a stop reason.
    case noReason = "no-reason"
    /// Omits the usage of output tokens.
    case noUsage = "no-usage"
    /// Streams some words and then an error event.
    case errorMidway = "error-midway"
    /// Streams a single error event.
    case errorAtOnce = "error-at-once"
    /// Streams invalid JSON.
    case badJSON = "bad-json"
    /// Answers a stream with status 200 and a JSON error.
    case jsonOnStream = "json-on-stream"
    /// Responds 401 with the request's key in the message, as careless servers do.
    case badKey = "401"
    /// Responds 402: the account has no credit.
    case noCredit = "no-credit"
    /// Responds 403.
    case notAllowed = "403"
    /// Responds 429 with `retry-after: 2`.
    case tooMany = "429"
    /// Responds 429 for a spending limit, which waiting does not lift.
    case spent
    /// Responds 400: the prompt is too long.
    case tooLong = "too-long"
    /// Responds 404.
    case noModel = "404"
    /// Responds 413.
    case tooLarge = "413"
    /// Responds 500.
    case broken = "500"
    /// Responds 504.
    case timeout = "504"
    /// Responds 529 with `retry-after: 3`.
    case overloaded = "529"

    /// Returns the error response of a behavior that refuses every request; nil for the others.
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
