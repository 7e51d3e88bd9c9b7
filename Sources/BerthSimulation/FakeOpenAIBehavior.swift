import BerthHTTP
import BerthLoop

/// The behaviors of ``FakeOpenAI``, each selected by the model name that is its raw value.
enum FakeOpenAIBehavior: String, CaseIterable {
    /// Answers with the last user message.
    case echo
    /// Answers correctly, and ends with the last user message and the time of the last token. A
    /// question in Telegram is found by it.
    case signed
    /// Answers with the request's own JSON, so that a test can see what was sent.
    case echoRequest = "echo-request"
    /// Answers with a call of the request's first tool.
    case tool
    /// Accepts the request and never answers.
    case silence
    /// Streams byte by byte, 1 ms apart.
    case drip
    /// Ends the connection in the middle of an event.
    case cutEvent = "cut-event"
    /// Ends the connection in the middle of a UTF-8 character.
    case cutCharacter = "cut-utf8"
    /// Ends the stream cleanly but without a finish reason or `[DONE]`.
    case noDone = "no-done"
    /// Ends the stream with a finish reason but without `[DONE]`.
    case noDoneButFinish = "no-done-finish"
    /// Answers a stream with status 200 and a JSON error.
    case jsonOnStream = "json-on-stream"
    /// Streams some words and then an error event.
    case errorMidway = "error-midway"
    /// Streams a line of 2 MiB.
    case hugeLine = "huge-line"
    /// Streams 5,000 comments before the answer.
    case comments
    /// Streams invalid JSON.
    case badJSON = "bad-json"
    /// Omits the usage.
    case noUsage = "no-usage"
    /// Responds 429 with `Retry-After: 0`.
    case tooManyNow = "429-0"
    /// Responds 429 with `Retry-After: 2`.
    case tooMany = "429"
    /// Responds 429 with `Retry-After: 2`, after the pace's delay, for ``refusing`` from the first
    /// request on. Afterwards it answers.
    case tooManyAtFirst = "429-5s"
    /// Responds 429 with `Retry-After: 1.5`.
    case tooManyFraction = "429-float"
    /// Responds 429 with a `Retry-After` date 3 seconds ahead.
    case tooManyDate = "429-date"
    /// Responds 429 with `Retry-After: 121`.
    case tooManyLong = "429-long"
    /// Responds 429 with the code of an account without credit.
    case noCredit = "no-credit"
    /// Responds 401 with a key in the message, as careless servers do.
    case badKey = "401"
    /// Responds 400: the prompt is too long.
    case tooLong = "too-long"
    /// Responds 404: the model does not exist.
    case unknownModel = "404"
    /// Responds 500.
    case broken = "500"
    /// Responds 502 with an HTML page.
    case gateway = "502"
    /// Responds 529: overloaded.
    case overloaded = "529"

    /// The behaviors of a server that fails now and then: before its answer, in the middle of it,
    /// and with an answer that is none.
    static let faults: [FakeOpenAIBehavior] = [
        .tooManyNow, .tooMany, .tooManyLong, .broken, .gateway, .overloaded, .silence, .cutEvent,
        .cutCharacter, .errorMidway, .noDone, .badJSON,
    ]

    /// The period of ``tooManyAtFirst``.
    static let refusing = Duration.seconds(5)

    /// Returns the error response of a behavior that refuses every request at once; nil for the
    /// others.
    func refusal(now: Timestamp) -> HTTPResponse? {
        switch self {
        case .tooManyNow: limited("0")
        case .tooMany: limited("2")
        case .tooManyFraction: limited("1.5")
        case .tooManyDate: limited(HTTPDate.text(now + .seconds(3)))
        case .tooManyLong: limited("121")
        case .noCredit:
            .error(
                429,
                "You exceeded your quota",
                type: "insufficient_quota",
                code: "insufficient_quota"
            )
        case .badKey:
            .error(401, "Incorrect API key provided: sk-fake-leak", code: "invalid_api_key")
        case .tooLong:
            .error(400, "This model's maximum context is 8 tokens", code: "context_length_exceeded")
        case .unknownModel: .error(404, "There is no such model", code: "model_not_found")
        case .broken: .error(500, "The fake is broken")
        case .gateway:
            HTTPResponse(
                status: 502,
                headers: ["content-type": "text/html"],
                body: .bytes(Array("<html><h1>502 Bad Gateway</h1></html>".utf8))
            )
        case .overloaded: .error(529, "Overloaded")
        default: nil
        }
    }

    private func limited(_ retryAfter: String) -> HTTPResponse {
        var response = HTTPResponse.error(429, "Too many requests", code: "rate_limit_exceeded")
        response.headers["retry-after"] = retryAfter
        return response
    }
}
