import BerthHTTP
import BerthMemory
import BerthProviders

extension ProviderError {
    /// The words of a provider's failure.
    ///
    /// The provider's own reasons stay in its language. Berth's reasons for operators are left out.
    var words: ErrorWords {
        switch self {
        case .unreachable(let provider, _, let obstacle): .of(obstacle.key, provider)
        case .unreadable(let provider, _): .of(.unreadable, provider)
        case .timedOut(let provider, _): .of(.timedOut, provider)
        case .keyRefused(let provider, _), .accountEmpty(let provider): .of(.notServed, provider)
        case .rateLimited(let provider, let wait, let reason):
            .of(.rateLimited, provider, again(after: wait, because: reason))
        case .unavailable(let provider, let status, let wait, let reason):
            .of(
                .unavailable,
                provider,
                again(after: wait, because: reason).merging(["status": .text("\(status)")]) { $1 }
            )
        case .untranslatable(let provider, _): .of(.untranslatable, provider)
        case .failedAlone(let provider, let status):
            .of(.failedAlone, provider, ["status": .text("\(status)")])
        case .refused(let provider, _, let message, _),
            .rejectedJob(let provider, _, let message, _):
            .of(.refused, provider, ["message": .text(message)])
        case .failedMidway(let provider, let message):
            .of(.failedMidway, provider, ["message": .text(message)])
        case .cut(let provider): .of(.cut, provider)
        case .wordless(let provider, let finish): .of(ProviderError.key(finish), provider)
        case .malformed(let provider, _): .of(.malformed, provider)
        case .uncertain(let provider, _): .of(.unconfirmed, provider)
        case .undelivered(let provider, _): .of(.undelivered, provider)
        case .busy: ErrorWords(.tooManyCalls)
        case .memory(let error): error.words
        case .memoryMidway: ErrorWords(.memoryMidway)
        case .cancelled: ErrorWords(.cancelled)
        }
    }

    private static func key(_ finish: String) -> ErrorKey {
        switch finish {
        case "length": .wordlessLength
        case "content_filter": .wordlessFilter
        case "tool_calls", "function_call": .wordlessTool
        default: .wordless
        }
    }

    private func again(after wait: Duration?, because reason: String?) -> [String: PhraseValue] {
        let again = wait.map { ErrorWords(.againIn, ["wait": .wait($0)]) }
        let reason = reason.map { ErrorWords(.itsReason, ["text": .text($0)]) }
        return [
            "again": .words(again ?? ErrorWords(.againSoon)),
            "reason": reason.map { .words($0) } ?? .text(""),
        ]
    }
}

extension ErrorWords {
    /// The words of an error at a provider.
    fileprivate static func of(
        _ key: ErrorKey,
        _ provider: String,
        _ values: [String: PhraseValue] = [:]
    ) -> ErrorWords {
        ErrorWords(key, values.merging(["provider": .text(provider)]) { $1 })
    }
}

extension ProviderError.Obstacle {
    fileprivate var key: ErrorKey {
        switch self {
        case .connection: .unreachable
        case .name: .unreachableName
        case .security(.untrusted): .certificateUntrusted
        case .security(.expired): .certificateExpired
        case .security(.notYetValid): .certificateNotYetValid
        case .security(.wrongName): .certificateOfAnother
        case .security(.authorities): .certificatesUnreadable
        case .security(.handshake): .noHandshake
        }
    }
}
