import BerthHTTP
import BerthText

/// The behaviors of ``FakeFal``, each selected by a part of the model's name that is its raw value.
///
/// A part that is a ``FakePictures/Fault`` selects the fault of the downloads.
enum FakeFalBehavior: String, CaseIterable {
    /// Takes the job and ends the connection within the reply.
    case lostReply = "lost-reply"
    /// Takes the job and replies with a gateway's page of status 504.
    case gatewayReply = "gateway-reply"
    /// Replies with addresses at another server.
    case foreignLinks = "foreign-links"
    /// Replies without a request's name.
    case nameless
    /// Keeps the job in the queue for ever.
    case never
    /// Answers every second question for the status with 503.
    case flakyStatus = "flaky-status"
    /// Forgets the job.
    case forgets
    /// The result of a job that ended well comes with 502 twice.
    case flakyResult = "flaky-result"
    /// Puts the picture into the result as a data URL.
    case dataURL = "data-url"
    /// Names one picture in the member `image`.
    case single
    /// Names no picture.
    case none = "no-picture"
    /// Returns a black picture because of the safety checker.
    case nsfw
    /// The submit is refused: 401.
    case badKey = "401"
    /// The submit is refused: the account has no credit.
    case locked
    /// The submit is refused: no such app.
    case unknownApp = "404"
    /// The submit is refused: a wrong input.
    case invalid
    /// The submit is refused: 429 with `Retry-After: 2`.
    case tooMany = "429"
    /// The submit fails: 500.
    case broken = "500"
    /// The submit fails: 503 without a body.
    case unavailable = "503"
    /// The job ends with a refusal of the prompt.
    case policy
    /// The job ends with a refusal of the input.
    case invalidJob = "invalid-job"
    /// The job ends with an error of the model.
    case failedJob = "failed-job"
    /// The job ends with a timeout of the queue.
    case lateJob = "late-job"

    /// The answer that refuses a submit; nil if it is taken.
    var refusal: HTTPResponse? {
        switch self {
        case .badKey:
            return FakeFal.error(401, "No user found for Key ID and Secret")
        case .locked:
            let words = "User is locked. Reason: Exhausted balance. Top up your balance."
            return FakeFal.error(403, words)
        case .unknownApp: return FakeFal.error(404, "Application 'x' not found")
        case .invalid: return .json(FakeFalBehavior.fault("missing", "Field required"), status: 422)
        case .tooMany:
            var response = FakeFal.error(429, "Too many requests", type: "rate_limited")
            response.headers["retry-after"] = "2"
            return response
        case .broken: return FakeFal.error(500, "Internal server error", type: "internal_error")
        case .unavailable: return HTTPResponse(status: 503)
        default: return nil
        }
    }

    /// The status and the body of the result of a job that ends with an error; nil for the others.
    var failure: (status: Int, type: String, body: [UInt8])? {
        switch self {
        case .policy:
            let words = "The content could not be processed because it was flagged."
            let type = "content_policy_violation"
            return (422, type, FakeFalBehavior.fault(type, words))
        case .invalidJob:
            return (422, "image_too_large", FakeFalBehavior.fault("image_too_large", "Too large"))
        case .failedJob:
            let type = "internal_server_error"
            return (500, type, FakeFalBehavior.fault(type, "Internal server error"))
        case .lateJob:
            let text = #"{"detail":"Request timed out","error_type":"request_timeout"}"#
            return (504, "request_timeout", Array(text.utf8))
        default: return nil
        }
    }

    private static func fault(_ type: String, _ words: String) -> [UInt8] {
        let head = #"{"detail":[{"loc":["body","prompt"],"msg":"#
        let tail = #","type":"\#(type)","url":"https://docs.fal.ai/errors#\#(type)"}]}"#
        return Array(head.utf8) + JSON.quote(words) + Array(tail.utf8)
    }
}
