package import BerthHTTP
import BerthLoop
package import BerthMemory
import BerthText

/// The reason why a provider returned no answer, or an incomplete one.
///
/// ``description`` is for the tenant who asked: it names the provider and what the tenant can do.
/// ``forOperator`` has the network's words too, such as addresses. Neither contains a key, a URL's
/// query or a prompt.
package enum ProviderError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The connection failed before an answer began. `reason` is the network error.
    case unreachable(provider: String, reason: String, cause: Obstacle = .connection)
    /// The connection was established, and what came over it is no HTTP answer. `reason` is the
    /// network error.
    case unreadable(provider: String, reason: String)
    /// The provider did not start an answer, or stopped sending it, within the deadline.
    case timedOut(provider: String, reason: String)
    /// The provider rejects the API key. The operator must act.
    case keyRefused(provider: String, status: Int)
    /// The provider's rate limit is exceeded.
    ///
    /// `reason` is the provider's.
    case rateLimited(provider: String, retryAfter: Duration?, reason: String? = nil)
    /// The account has no credit or quota left. The operator must act.
    case accountEmpty(provider: String)
    /// The provider is overloaded or has failed. `reason` is the provider's.
    case unavailable(provider: String, status: Int, retryAfter: Duration?, reason: String? = nil)
    /// The request cannot be written in the provider's form, so the provider was not called.
    /// `reason` names the member.
    case untranslatable(provider: String, reason: String)
    /// The provider has failed at this request, and answers others meanwhile.
    case failedAlone(provider: String, status: Int)
    /// The provider rejects the request itself, such as one that is too long. `message` is the
    /// provider's.
    case refused(provider: String, status: Int, message: String, code: String?)
    /// The provider reported an error in the middle of an answer. `message` is the provider's.
    case failedMidway(provider: String, message: String)
    /// The answer ended without a finish reason, so it is incomplete.
    case cut(provider: String)
    /// The answer ended properly without a word. `finish` is the reason in OpenAI's words.
    case wordless(provider: String, finish: String)
    /// The answer violates the protocol.
    case malformed(provider: String, reason: String)
    /// The provider may have taken an order of pictures, and its answer was lost. `reason` has no
    /// words of the provider's.
    case uncertain(provider: String, reason: String)
    /// The provider rejected a picture after it had begun to work, so it may charge for it.
    ///
    /// `message` is the provider's.
    case rejectedJob(provider: String, status: Int, message: String, code: String?)
    /// The provider has made a picture that could not be fetched. `reason` says in Berth's words
    /// what is wrong with it.
    case undelivered(provider: String, reason: String)
    /// The process has its maximum number of concurrent calls. The provider was not called.
    case busy(reason: String)
    /// Memory for the call could not be leased. The provider was not called.
    case memory(BudgetError)
    /// Memory ran out while the answer was received, so the answer is incomplete.
    case memoryMidway(BudgetError)
    /// The caller cancelled the call.
    case cancelled

    /// The obstacle to a connection.
    package enum Obstacle: Equatable, Sendable {
        /// Nothing accepts the connection, or not in time.
        case connection
        /// The server's name has no address.
        case name
        /// TLS was not set up.
        case security(TLSFault)
    }

    package var description: String {
        switch self {
        case .unreachable(let provider, _, let obstacle): obstacle.words(provider)
        case .untranslatable(let provider, let reason):
            "this request cannot be sent to provider '\(provider)': \(reason)"
        case .unreadable(let provider, _):
            "provider '\(provider)' cannot be understood; tell the operator"
        case .timedOut(let provider, _):
            "provider '\(provider)' is too slow: its answer did not arrive in time; try again later"
        case .keyRefused(let provider, _), .accountEmpty(let provider):
            "provider '\(provider)' does not serve this bot at the moment; tell the operator"
        case .rateLimited(let provider, let retryAfter, let reason):
            "provider '\(provider)' limits the rate of requests\(ProviderError.wait(retryAfter))"
                + ProviderError.said(reason)
        case .unavailable(let provider, let status, let retryAfter, let reason):
            "provider '\(provider)' is unavailable (status \(status))"
                + ProviderError.wait(retryAfter) + ProviderError.said(reason)
        case .failedAlone(let provider, let status):
            "provider '\(provider)' fails at this request (status \(status)) but answers others; "
                + "change the request, or try again later"
        case .refused(let provider, _, let message, _),
            .rejectedJob(let provider, _, let message, _):
            "provider '\(provider)'\(Said.refuses)\(message)"
        case .failedMidway(let provider, let message):
            "provider '\(provider)'\(Said.brokeOff)\(message)"
        case .cut(let provider):
            "provider '\(provider)' ended the answer early; the answer is incomplete, ask again"
        case .wordless(let provider, let finish): ProviderError.words(finish, of: provider)
        case .malformed(let provider, let reason):
            "provider '\(provider)'\(Said.isMalformed)\(reason)"
        case .uncertain(let provider, let reason):
            "provider '\(provider)' did not confirm the order (\(reason)); it may be working at it, "
                + "so it is not repeated by itself"
        case .undelivered(let provider, let reason):
            "the picture of provider '\(provider)' cannot be fetched: \(reason)"
        case .busy: "too many calls are running; try again in a moment"
        case .memory(let error): error.forTenant
        case .memoryMidway: "the answer ended early because memory ran out; ask again"
        case .cancelled: "the answer was stopped"
        }
    }

    /// The error for the operator and the log, without the provider's own words.
    ///
    /// Those may repeat a key or a message.
    package var forOperator: String {
        switch self {
        case .unreachable(let provider, let reason, _):
            "provider '\(provider)' cannot be reached: \(reason)"
        case .untranslatable(let provider, _):
            "the request cannot be translated for provider '\(provider)'"
        case .unreadable(let provider, let reason):
            "provider '\(provider)' cannot be understood: \(reason)"
        case .timedOut(let provider, let reason): "provider '\(provider)' is too slow: \(reason)"
        case .keyRefused(let provider, let status):
            "provider '\(provider)' rejects Berth's API key (status \(status)): check its api_key"
        case .accountEmpty(let provider):
            "the account at provider '\(provider)' has no credit left: refill it"
        case .refused(let provider, let status, _, let code),
            .rejectedJob(let provider, let status, _, let code):
            "provider '\(provider)' rejected the request (status \(status)"
                + (code.map { ", \($0.cut(toBytes: 64))" } ?? "") + ")"
        case .failedMidway(let provider, _):
            "provider '\(provider)' reported an error during the answer"
        case .malformed(let provider, _): "provider '\(provider)' sent a malformed answer"
        case .busy(let reason): "too many calls are running: \(reason)"
        case .memory(let error): error.description
        case .memoryMidway(let error): "the answer ended early because memory ran out: \(error)"
        case .rateLimited, .unavailable: ProviderError.withoutProvidersWords(description)
        case .failedAlone, .cut, .wordless, .uncertain, .undelivered, .cancelled: description
        }
    }

    /// Whether the provider has certainly not begun to work, so it charges nothing.
    package var meansNothingBought: Bool {
        switch self {
        case .unreachable, .unreadable, .keyRefused, .rateLimited, .accountEmpty, .unavailable,
            .failedAlone, .refused, .untranslatable, .memory, .busy:
            true
        case .timedOut, .failedMidway, .cut, .malformed, .wordless, .uncertain, .rejectedJob,
            .undelivered, .memoryMidway, .cancelled:
            false
        }
    }

    /// The description of an answer without a word.
    private static func words(_ finish: String, of provider: String) -> String {
        switch finish {
        case "length":
            "the model of provider '\(provider)' used its output limit before its first word; "
                + "ask for less, or choose another model"
        case "content_filter":
            "the content filter of provider '\(provider)' withheld the answer; "
                + "put the question in other words"
        case "tool_calls", "function_call":
            "the model of provider '\(provider)' asked for a tool, and this chat has none; "
                + "ask again"
        default: "provider '\(provider)' ended the answer without a word; ask again"
        }
    }

    private static func said(_ reason: String?) -> String {
        reason.map { Said.gaveReason + $0 } ?? ""
    }

    /// Whether the provider does not know the model, by status 404 or the error's code.
    package var isUnknownModel: Bool {
        guard case .refused(_, let status, _, let code) = self else { return false }
        return status == 404 || code == "model_not_found"
    }

    private static func wait(_ delay: Duration?) -> String {
        guard let delay else { return "; try again in a moment" }
        return "; try again in \(delay.secondsRoundedUp) s"
    }

    /// The phrases in a description that the provider's own words follow.
    private enum Said {
        static let refuses = " rejected the request: "
        static let brokeOff = " reported an error during the answer: "
        static let isMalformed = " sent a malformed answer: "
        static let gaveReason = "; its reason: "
    }

    /// Removes the provider's own words from a stored description, because they may repeat a
    /// message.
    package static func withoutProvidersWords(_ description: String) -> String {
        let phrases = [Said.refuses, Said.brokeOff, Said.isMalformed, Said.gaveReason]
        let ends = phrases.compactMap { words in
            description.firstRange(of: words).map { (start: $0.lowerBound, words: words) }
        }
        guard let first = ends.min(by: { $0.start < $1.start }) else { return description }
        let words = first.words == Said.gaveReason ? "" : first.words.dropLast(2)
        return String(description[..<first.start] + words)
    }
}

extension ProviderError.Obstacle {
    /// The obstacle at `provider` in words for the tenant.
    fileprivate func words(_ provider: String) -> String {
        let secure = "provider '\(provider)' cannot be reached securely: "
        switch self {
        case .connection: return "provider '\(provider)' cannot be reached; try again in a moment"
        case .name:
            return "the server of provider '\(provider)' was not found; try again in a moment, "
                + "or tell the operator"
        case .security(.untrusted):
            return secure + "its certificate is not trusted; tell the operator"
        case .security(.expired): return secure + "its certificate has expired; tell the operator"
        case .security(.notYetValid):
            return secure + "its certificate is not valid yet; tell the operator"
        case .security(.wrongName):
            return secure + "its certificate is for another server; tell the operator"
        case .security(.authorities):
            return secure + "the trusted certificates cannot be read; tell the operator"
        case .security(.handshake):
            return secure + "there is no encrypted connection; tell the operator"
        }
    }
}
