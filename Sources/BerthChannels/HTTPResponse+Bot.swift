package import BerthBot
package import BerthHTTP
import BerthLoop
import BerthMemory
import BerthProviders
import BerthQueue
import BerthStore
import BerthText

extension BotError {
    /// The HTTP status, OpenAI's type and code, and the wait after which a retry makes sense.
    fileprivate var http: (status: Int, type: String?, code: String?, retryAfter: Duration?) {
        switch self {
        case .unknownModel: (404, nil, "model_not_found", nil)
        case .overQuota(_, let wait): (429, "rate_limit_error", "rate_limit_exceeded", wait)
        case .queue(let error): error.http
        case .foreignOrigin: (403, "permission_error", "foreign_origin", nil)
        case .suspended: (403, "permission_error", "suspended", nil)
        case .memory(let error): error.http
        case .bodyTooLarge: (413, nil, "body_too_large", nil)
        case .body: (400, nil, nil, nil)
        case .sessionBusy: (409, "conflict_error", "session_busy", nil)
        case .tooManySessions: (409, "conflict_error", "too_many_conversations", nil)
        case .noSession, .noTurn, .noTenant: (404, nil, "not_found", nil)
        case .emptyText, .textTooLong, .badName, .badValue: (400, nil, nil, nil)
        case .tooManyTenants, .nameTaken, .notRetryable: (409, "conflict_error", nil, nil)
        case .stopping: (503, nil, "stopping", .seconds(5))
        case .store(.notFound): (404, nil, "not_found", nil)
        case .store: (503, nil, "database", .seconds(2))
        case .provider(let error): error.http
        }
    }

    /// The error in OpenAI's shape, as an event of a stream carries it.
    var json: [UInt8] {
        guard case .bytes(let bytes) = HTTPResponse(self).body else { return [] }
        return bytes
    }
}

extension QueueError {
    fileprivate var http: (status: Int, type: String?, code: String?, retryAfter: Duration?) {
        let wait = retryAfterSeconds.map { Duration.seconds($0) }
        return switch self {
        case .closed: (503, nil, "provider_unavailable", wait)
        case .stopped: (503, nil, "stopping", .seconds(5))
        case .cancelled: (499, nil, "cancelled", nil)
        case .full, .tenantFull: (429, "rate_limit_error", "queue_full", wait)
        }
    }
}

extension ProviderError {
    fileprivate var http: (status: Int, type: String?, code: String?, retryAfter: Duration?) {
        switch self {
        case .refused(_, let status, _, let code):
            ((400..<500).contains(status) ? status : 502, nil, code, nil)
        case .rateLimited(_, let wait):
            (429, "rate_limit_error", "rate_limit_exceeded", wait ?? .seconds(2))
        case .keyRefused, .accountEmpty: (502, nil, "provider_refused", nil)
        case .unavailable(_, _, let wait): (503, nil, "provider_unavailable", wait ?? .seconds(2))
        case .unreachable: (502, nil, "provider_unreachable", .seconds(2))
        case .timedOut: (504, nil, "provider_timeout", nil)
        case .failedMidway, .cut, .malformed: (502, nil, "provider_failed", nil)
        case .busy: (429, "rate_limit_error", "busy", .seconds(2))
        case .memory(let error), .memoryMidway(let error): error.http
        case .cancelled: (499, nil, "cancelled", nil)
        }
    }
}

extension BudgetError {
    fileprivate var http: (status: Int, type: String?, code: String?, retryAfter: Duration?) {
        switch self {
        case .exhausted: (429, "rate_limit_error", "memory_exhausted", .seconds(2))
        case .overQuota:
            isPassing
                ? (429, "rate_limit_error", "memory_quota", .seconds(2))
                : (413, nil, "memory_quota", nil)
        case .overShare: (429, "rate_limit_error", "memory_share", .seconds(5))
        case .paused: (503, nil, "memory_pressure", .seconds(5))
        }
    }
}

extension HTTPResponse {
    /// The answer to a request that the bot refused; `message` replaces the error's own words.
    package init(_ error: BotError, message: String? = nil) {
        let (status, type, code, retryAfter) = error.http
        self = .error(
            status,
            message ?? error.description,
            type: type,
            code: code,
            retryAfter: retryAfter
        )
    }

    /// The answer to a request that is not what the API takes.
    static func refusal(_ refusal: ChatRequest.Refusal) -> HTTPResponse {
        let parameter = refusal.parameter.map(JSON.quote) ?? Array("null".utf8)
        let json =
            Array(#"{"error":{"message":"#.utf8) + JSON.quote(refusal.message)
            + Array(#","type":"invalid_request_error","param":"#.utf8) + parameter
            + Array(#","code":null}}"#.utf8)
        return .json(json, status: 400)
    }
}
