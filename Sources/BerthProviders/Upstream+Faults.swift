import BerthLoop
import BerthTelemetry

extension Upstream {
    /// The error of a fault in an answer with status 200.
    ///
    /// Before the first piece of an answer, a fault of a known class is what it would be with a
    /// status of its own.
    nonisolated func failure(_ fault: UpstreamFault, isFirst: Bool) -> ProviderError {
        guard isFirst, let kind = fault.kind else {
            let reason = fault.reason ?? "an error without a message"
            return .failedMidway(provider: name, message: reason)
        }
        let status =
            switch kind {
            case .contextTooLong, .contentPolicy: 400
            case .modelUnknown: 404
            case .keyRefused: 401
            case .noCredit: 402
            case .rateLimited: 429
            case .overloaded: 503
            }
        let wait = fault.wait(at: surroundings.clock.timestamp)
        return error(of: fault, status: status, retryAfter: wait)
    }

    nonisolated func error(
        of fault: UpstreamFault,
        status: Int,
        retryAfter: Duration?
    ) -> ProviderError {
        switch fault.kind {
        // The text of these errors is dropped, because a provider may repeat the key in it.
        case .keyRefused: return .keyRefused(provider: name, status: status)
        case .noCredit: return .accountEmpty(provider: name)
        case .rateLimited:
            return .rateLimited(provider: name, retryAfter: retryAfter, reason: fault.reason)
        case .overloaded: return unavailable(fault, status: status, retryAfter)
        case .contextTooLong, .contentPolicy, .modelUnknown:
            let isOfRequest = [403, 404, 413, 422].contains(status)
            return refused(fault, status: isOfRequest ? status : 400)
        case nil: break
        }
        switch status {
        case 403 where Upstream.isAboutKey(fault.reason):
            return .keyRefused(provider: name, status: status)
        case 408, 500...: return unavailable(fault, status: status, retryAfter)
        default: return refused(fault, status: status)
        }
    }

    private nonisolated func unavailable(
        _ fault: UpstreamFault,
        status: Int,
        _ retryAfter: Duration?
    ) -> ProviderError {
        .unavailable(
            provider: name,
            status: status,
            retryAfter: retryAfter,
            reason: fault.isPage ? fault.reason.map { "a web page: \($0)" } : fault.reason
        )
    }

    private nonisolated func refused(_ fault: UpstreamFault, status: Int) -> ProviderError {
        let words = fault.reason ?? "status \(status)"
        return .refused(
            provider: name,
            status: status,
            message: fault.isPage ? Upstream.page(words) : words,
            code: fault.kind?.code ?? fault.code
        )
    }

    /// Whether status 403 is about the key, as it is if the provider says nothing else.
    private static nonisolated func isAboutKey(_ reason: String?) -> Bool {
        guard let reason = reason?.lowercased() else { return true }
        return ["key", "auth", "token", "permission", "credential", "forbidden"]
            .contains { reason.contains($0) }
    }

    private static nonisolated let pageWords = (
        start: "it is a web page ('", end: "'); the operator must check base_url"
    )

    /// The words about a web page in place of an answer.
    static nonisolated func page(_ title: String) -> String {
        pageWords.start + title + pageWords.end
    }

    /// The title in the words about a web page, or nil if `words` are about something else.
    static nonisolated func title(ofPage words: String) -> String? {
        guard words.hasPrefix(pageWords.start), words.hasSuffix(pageWords.end) else { return nil }
        return String(words.dropFirst(pageWords.start.count).dropLast(pageWords.end.count))
    }
}
