import BerthFiles
import BerthImage
import BerthLoop
import BerthMemory
import BerthProviders
import BerthQueue
import BerthStore

/// The consequences of an error: its HTTP status, its cause, and whether and where to retry.
package struct Disposition: Sendable {
    /// The party that causes an error.
    package enum Fault: String, Sendable {
        /// The request is wrong, and fails in the same way for every tenant.
        case caller
        /// The tenant who pays lacks something, so the request of another tenant may succeed.
        case payer
        /// The provider failed, or refuses.
        case provider
        /// The service itself cannot do it now.
        case service
    }

    /// The HTTP status, 400 or more.
    package let status: Int
    /// OpenAI's error type, or nil if the status decides it.
    package var type: String?
    /// OpenAI's error code, or Berth's own.
    package var code: String?
    /// The time after which an HTTP client is told to try again.
    package var retryAfter: Duration?
    /// The wait that the provider or the queue has asked for, or nil if it named none.
    package var wait: Duration?
    /// The party that causes the error.
    package fileprivate(set) var fault: Fault
    /// Whether the same request may succeed later, and nothing was bought meanwhile.
    package var isPassing = false
    /// The number of attempts after which the same request is not tried again; nil if it is not
    /// known to be the reason.
    package var mostAttempts: Int?
    /// Whether another model may succeed.
    package var mayGoElsewhere = false
    /// Whether a provider may have charged for the call.
    package var mayHaveBought = false
    /// Whether it happened before any provider was sent the request.
    package var isBeforeProvider = false
    /// Whether nobody knows what a provider did, so that only a person asks again.
    package var isUncertain = false
    /// Whether it happened because the service stops.
    package var isShutdown = false

    fileprivate init(_ status: Int, _ fault: Fault, code: String? = nil, after: Duration? = nil) {
        self.status = status
        self.fault = fault
        self.code = code
        retryAfter = after
        type = Disposition.types[status]
    }

    private static let types = [
        403: "permission_error", 409: "conflict_error", 429: "rate_limit_error",
    ]

    fileprivate func with(_ change: (inout Disposition) -> Void) -> Disposition {
        var disposition = self
        change(&disposition)
        return disposition
    }

    /// The outcome of an API call that ends with the error, for metrics and the log.
    package var outcome: String {
        // A provider may refuse with the same status.
        if status == Disposition.cancelled, fault == .caller { return "cancelled" }
        if isBeforeProvider { return "refused" }
        return fault == .provider || mayHaveBought ? "failed" : "refused"
    }

    /// The status of a request whose client has left, as nginx logs it.
    static let cancelled = 499
}

extension BotError {
    /// The consequences of this error, from the only table of them.
    package var disposition: Disposition {
        switch self {
        case .unknownModel: Disposition(404, .caller, code: "model_not_found")
        case .overQuota(_, let wait):
            // OpenAI's words for an allowance that is used up, which no repetition helps.
            Disposition(429, .payer, code: "insufficient_quota", after: wait)
                .with { $0.type = "insufficient_quota" }
        case .queue(let error): error.disposition
        case .tooManyRequests:
            Disposition(429, .payer, code: "too_many_requests", after: .seconds(2))
        case .foreignOrigin: Disposition(403, .caller, code: "foreign_origin")
        case .suspended: Disposition(403, .payer, code: "suspended")
        case .endedByOperator: Disposition(403, .payer, code: "ended_by_operator")
        case .memory(let error): error.disposition
        case .readTooSlowly:
            Disposition(408, .caller, code: "read_too_slowly").with { $0.mayHaveBought = true }
        case .unsupportedCoding: Disposition(415, .caller, code: "unsupported_encoding")
        case .bodyTooLarge: Disposition(413, .caller, code: "body_too_large")
        case .tooManyPrompts: Disposition(409, .payer, code: "too_many_prompts")
        case .body, .emptyText, .textTooLong, .promptName, .badName, .badValue, .answerTooLong,
            .commandWithPictures, .tooManyPictures, .tooManyPicturesForModel, .account:
            Disposition(400, .caller)
        case .sessionBusy: Disposition(409, .caller, code: "session_busy")
        case .notCut: Disposition(409, .caller, code: "not_cut")
        case .tooManySessions: Disposition(409, .payer, code: "too_many_conversations")
        case .tooManyNewSessions(_, let wait), .tooManyCodes(_, let wait):
            Disposition(429, .payer, code: "rate_limit_exceeded", after: wait)
        case .badKey: Disposition(400, .caller, code: "invalid_idempotency_key")
        case .keyReused: Disposition(422, .caller, code: "idempotency_key_reused")
        case .outcomeUnknown: Disposition(409, .caller, code: "idempotency_outcome_unknown")
        case .outcomeNotKept: Disposition(409, .caller, code: "idempotency_outcome_not_kept")
        case .tooManyKeys(_, let wait):
            Disposition(429, .payer, code: "too_many_idempotency_keys", after: wait)
        case .noSession, .noTurn, .noTenant: Disposition(404, .caller, code: "not_found")
        case .tooManyTenants, .nameTaken, .notRetryable: Disposition(409, .caller)
        case .sharedCallEnded:
            Disposition(503, .service, code: "shared_call_ended", after: .seconds(1))
                .with { $0.mayHaveBought = true }
        case .stopping:
            Disposition(503, .service, code: "stopping", after: .seconds(5))
                .with { $0.isShutdown = true }
        case .store(StoreError.notFound(what: _)): Disposition(404, .caller, code: "not_found")
        case .store: Disposition(503, .service, code: "database", after: .seconds(2))
        case .files(let error): error.disposition
        case .inputPicture(let error, _, _): error.disposition
        case .blind: Disposition(400, .caller, code: "no_vision")
        case .picture(let error): error.disposition
        case .noPictures: Disposition(404, .caller, code: "no_pictures")
        case .provider(let error): error.disposition
        }
    }
}

extension FilesError {
    fileprivate var disposition: Disposition {
        switch self {
        case .overDisk: Disposition(413, .payer, code: "disk_quota")
        case .overCount: Disposition(413, .payer, code: "file_quota")
        case .empty: Disposition(400, .caller, code: "empty_file")
        case .diskFull: Disposition(507, .service, code: "disk_full")
        case .folder, .noDisk: Disposition(503, .service, code: "no_files", after: .seconds(60))
        case .notFound, .gone: Disposition(404, .caller, code: "not_found")
        case .badLink: Disposition(403, .caller, code: "invalid_link")
        case .linkExpired: Disposition(403, .caller, code: "link_expired")
        case .store(let error): BotError(error).disposition
        }
    }
}

extension PictureError {
    fileprivate var disposition: Disposition {
        switch self {
        case .notAPicture, .broken, .unsupported, .resultTooLong, .outOfTime, .sourceFailed:
            Disposition(400, .caller, code: "bad_picture")
        case .tooLarge, .tooLong, .noRoom: Disposition(413, .caller, code: "picture_too_large")
        case .memory(let error): error.disposition
        case .paused: Disposition(503, .service, code: "memory_pressure", after: .seconds(60))
        case .busy: Disposition(503, .service, code: "pictures_busy", after: .seconds(2))
        case .cancelled: Disposition(Disposition.cancelled, .caller, code: "cancelled")
        case .notRead, .notWritten, .noLibrary, .notEncoded:
            Disposition(503, .service, code: "no_pictures", after: .seconds(60))
        }
    }
}

extension QueueError {
    fileprivate var disposition: Disposition {
        let wait = retryAfterSeconds.map { Duration.seconds($0) }
        let refusal =
            switch self {
            case .closed(let closure, _) where closure.isOwn:
                Disposition(503, .payer, code: "provider_unavailable", after: wait)
            case .closed: Disposition(503, .provider, code: "provider_unavailable", after: wait)
            case .tenantFull: Disposition(429, .payer, code: "queue_full", after: wait)
            case .full: Disposition(429, .service, code: "queue_full", after: wait)
            case .stopped: Disposition(503, .service, code: "stopping", after: .seconds(5))
            case .cancelled: Disposition(Disposition.cancelled, .caller, code: "cancelled")
            }
        return refusal.with {
            ($0.wait, $0.isPassing, $0.isBeforeProvider) = (wait, true, true)
            if case .closed = self { $0.mayGoElsewhere = true }
        }
    }
}

extension BudgetError {
    fileprivate var disposition: Disposition {
        let refusal =
            switch self {
            case .exhausted:
                Disposition(429, .payer, code: "memory_exhausted", after: .seconds(2))
            case .overQuota where isPassing:
                Disposition(429, .payer, code: "memory_quota", after: .seconds(2))
            case .overQuota: Disposition(413, .payer, code: "memory_quota")
            case .overShare: Disposition(429, .payer, code: "memory_share", after: .seconds(5))
            case .paused: Disposition(503, .payer, code: "memory_pressure", after: .seconds(5))
            }
        return refusal.with { ($0.isPassing, $0.isBeforeProvider) = (isPassing, true) }
    }
}

extension ProviderError {
    fileprivate var disposition: Disposition {
        let failure = base
        return failure.with {
            $0.mayHaveBought = !meansNothingBought
            $0.isUncertain = isUncertain
            switch self {
            case .refused(_, let status, _, _):
                // A model that is unknown, or forbidden to this account, may exist elsewhere.
                $0.mayGoElsewhere = status == 403 || isUnknownModel
            case .memory, .memoryMidway, .cancelled, .busy, .uncertain, .rejectedJob, .undelivered:
                break
            default: $0.mayGoElsewhere = true
            }
        }
    }

    private var base: Disposition {
        switch self {
        case .refused(_, let status, _, let code), .rejectedJob(_, let status, _, let code):
            Disposition((400..<500).contains(status) ? status : 502, .provider, code: code)
                .with { $0.type = nil }
        case .rateLimited(_, let wait, _):
            Disposition(
                429,
                .provider,
                code: "rate_limit_exceeded",
                after: wait ?? .seconds(2)
            )
            .with { ($0.wait, $0.isPassing) = (wait, true) }
        case .keyRefused, .accountEmpty: Disposition(502, .provider, code: "provider_refused")
        case .unavailable(_, _, let wait, _):
            Disposition(
                503,
                .provider,
                code: "provider_unavailable",
                after: wait ?? .seconds(2)
            )
            .with { ($0.wait, $0.isPassing) = (wait, true) }
        case .failedAlone:
            Disposition(503, .provider, code: "provider_unavailable", after: .seconds(2))
                // A second failure among answers to others is the request's own.
                .with { ($0.isPassing, $0.mostAttempts) = (true, 2) }
        case .untranslatable: Disposition(400, .caller, code: "unsupported_request")
        case .unreachable(_, _, .security):
            // A certificate does not mend itself within a turn's patience.
            Disposition(502, .provider, code: "provider_unreachable")
        case .unreachable, .unreadable:
            Disposition(502, .provider, code: "provider_unreachable", after: .seconds(2))
                .with { $0.isPassing = true }
        case .timedOut: Disposition(504, .provider, code: "provider_timeout")
        case .failedMidway, .cut, .malformed, .wordless, .undelivered:
            Disposition(502, .provider, code: "provider_failed")
        case .uncertain: Disposition(502, .provider, code: "provider_outcome_unknown")
        case .busy:
            Disposition(429, .service, code: "busy", after: .seconds(2))
                .with { ($0.isPassing, $0.isBeforeProvider) = (true, true) }
        case .memory(let error): error.disposition
        case .memoryMidway(let error):
            // Those who share the call have paid for it too, so none of them asks again.
            error.disposition.with {
                ($0.isPassing, $0.isBeforeProvider, $0.fault) = (false, false, .service)
            }
        case .cancelled: Disposition(Disposition.cancelled, .caller, code: "cancelled")
        }
    }
}
