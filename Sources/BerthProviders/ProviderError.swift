import BerthLoop
package import BerthMemory
import BerthText

/// Why a provider gave no answer, or not all of it.
///
/// Words for people name the provider and what to do; nothing here carries a key, a URL's query or
/// a prompt.
package enum ProviderError: Error, Equatable, Sendable, CustomStringConvertible {
    /// No connection, or it failed before an answer began; `reason` is the network's.
    case unreachable(provider: String, reason: String)
    /// The provider did not begin, or stopped sending, within the deadline.
    case timedOut(provider: String, reason: String)
    /// The provider does not accept our key; the operator must act.
    case keyRefused(provider: String, status: Int)
    /// Too many requests for now.
    case rateLimited(provider: String, retryAfter: Duration?)
    /// The account has no money or quota left; the operator must act.
    case accountEmpty(provider: String)
    /// The provider is overloaded or broken.
    case unavailable(provider: String, status: Int, retryAfter: Duration?)
    /// The request itself is refused (too long, not allowed); the message is the provider's.
    case refused(provider: String, status: Int, message: String, code: String?)
    /// The provider reported an error in the middle of an answer; the message is the provider's.
    case failedMidway(provider: String, message: String)
    /// The answer ended without having said why: what came is incomplete.
    case cut(provider: String)
    /// The answer is not what the protocol says.
    case malformed(provider: String, reason: String)
    /// As many calls are under way as we make at once; the provider was not asked.
    case busy(reason: String)
    /// Our own memory for the call was refused, before the provider was asked.
    case memory(BudgetError)
    /// Our own memory ran out while the answer came: it was ended there.
    case memoryMidway(BudgetError)
    /// We ended the call ourselves.
    case cancelled

    package var description: String {
        switch self {
        case .unreachable(let provider, let reason):
            "provider '\(provider)' cannot be reached: \(reason)"
        case .timedOut(let provider, let reason): "provider '\(provider)' is too slow: \(reason)"
        case .keyRefused(let provider, let status):
            "provider '\(provider)' refuses Berth's key (status \(status)): "
                + "the operator must check its api_key"
        case .rateLimited(let provider, let retryAfter):
            "provider '\(provider)' is asked too often\(ProviderError.wait(retryAfter))"
        case .accountEmpty(let provider):
            "the account at provider '\(provider)' has no credit left: the operator must refill it"
        case .unavailable(let provider, let status, let retryAfter):
            "provider '\(provider)' is out of order (status \(status))"
                + ProviderError.wait(retryAfter)
        case .refused(let provider, _, let message, _):
            "provider '\(provider)'\(Said.refuses)\(message)"
        case .failedMidway(let provider, let message):
            "provider '\(provider)'\(Said.brokeOff)\(message)"
        case .cut(let provider):
            "provider '\(provider)' broke off: the answer is incomplete, ask again"
        case .malformed(let provider, let reason):
            "provider '\(provider)'\(Said.isMalformed)\(reason)"
        case .busy(let reason): "too many calls are under way: \(reason)"
        case .memory(let error): error.description
        case .memoryMidway(let error): "the answer was ended for want of memory: \(error)"
        case .cancelled: "the answer was stopped"
        }
    }

    /// Whether the provider does not know the model: 404 wherever there is a status for it.
    package var isUnknownModel: Bool {
        guard case .refused(_, let status, _, let code) = self else { return false }
        return status == 404 || code == "model_not_found"
    }

    private static func wait(_ delay: Duration?) -> String {
        guard let delay else { return ": try again in a moment" }
        return ": try again in \(delay.secondsRoundedUp) s"
    }

    /// After these words in a description come the provider's own.
    private enum Said {
        static let refuses = " refuses: "
        static let brokeOff = " broke off with an error: "
        static let isMalformed = " answered what is not understood: "
    }

    /// A description, kept as text, without the provider's own words: they may repeat a message.
    package static func withoutProvidersWords(_ description: String) -> String {
        let ends = [Said.refuses, Said.brokeOff, Said.isMalformed].compactMap { words in
            description.firstRange(of: words).map { (start: $0.lowerBound, words: words) }
        }
        guard let first = ends.min(by: { $0.start < $1.start }) else { return description }
        return String(description[..<first.start] + first.words.dropLast(2))
    }
}
