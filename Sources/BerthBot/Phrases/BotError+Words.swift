import BerthConfig
import BerthFiles
import BerthImage
import BerthMemory
import BerthProviders
import BerthQueue
import BerthStore
import BerthText
import BerthWork

extension BotError {
    /// The words of this error in languages other than English, or nil for an error that chat users
    /// do not cause.
    var words: ErrorWords? {
        switch self {
        case .overQuota(let refusal, _): refusal.words
        case .queue(let error): error.words
        case .memory(let error): error.words
        case .provider(let error): error.words
        case .files(let error): error.words
        case .picture(let error): error.words
        case .account(let error): error.words
        case .inputPicture(let error, let number, let count):
            count == 1
                ? error.words
                : ErrorWords(
                    .pictureNumber,
                    ["number": .count(number), "error": .error(.picture(error))]
                )
        case .blind(_, let names) where names.isEmpty: ErrorWords(.blindAll)
        case .blind(let model, let names):
            ErrorWords(
                .blind,
                [
                    "model": .text(model ?? ModelCatalog.anyModel),
                    "list": .text(names.prefix(5).joined(separator: ", ")),
                ]
            )
        case .tooManyPictures(let count, let most):
            ErrorWords(.tooManyPictures, ["count": .count(count), "most": .count(most)])
        case .tooManyPicturesForModel(let model, let count, let most):
            ErrorWords(
                .tooManyPicturesForModel,
                ["model": .text(model), "count": .count(count), "most": .count(most)]
            )
        case .unknownModel(let name, let known):
            ErrorWords(
                .unknownModel,
                [
                    "name": .text(name.shortened()),
                    "list": .text(known.joined(separator: ", ")),
                ]
            )
        case .store(.busy), .store(.closed): ErrorWords(.busy)
        case .store: ErrorWords(.databaseFailed)
        default: limitWords ?? plainWords.map { ErrorWords($0) }
        }
    }

    /// The words of an error with a limit.
    private var limitWords: ErrorWords? {
        switch self {
        case .tooManyRequests(let limit):
            ErrorWords(.tooManyRequests, ["count": .count(limit)])
        case .bodyTooLarge(let limit): ErrorWords(.bodyTooLarge, ["most": .size(limit)])
        case .answerTooLong(let limit): ErrorWords(.answerTooLong, ["most": .size(limit)])
        case .tooManySessions(let limit): ErrorWords(.tooManySessions, ["count": .count(limit)])
        case .tooManyPrompts(let limit): ErrorWords(.tooManyPrompts, ["count": .count(limit)])
        case .tooManyNewSessions(let rate, let wait):
            ErrorWords(.tooManyNewSessions, ["count": .count(rate), "wait": .wait(wait)])
        case .tooManyCodes(let rate, let wait):
            ErrorWords(.tooManyCodes, ["count": .count(rate), "wait": .wait(wait)])
        case .textTooLong(let size, let limit):
            ErrorWords(.textTooLong, ["size": .size(size), "most": .size(limit)])
        case .readTooSlowly(let behind): ErrorWords(.readTooSlowly, ["behind": .size(behind)])
        default: nil
        }
    }

    /// The name of the words of an error without values.
    private var plainWords: ErrorKey? {
        switch self {
        case .suspended: .suspended
        case .endedByOperator: .endedByOperator
        case .foreignOrigin: .foreignOrigin
        case .sessionBusy: .sessionBusy
        case .noSession: .noSession
        case .noTurn: .noTurn
        case .notCut: .notCut
        case .emptyText: .emptyText
        case .stopping: .stopping
        case .sharedCallEnded: .sharedCallEnded
        case .noPictures: .noPictures
        case .commandWithPictures: .commandWithPictures
        case .promptName: .promptName
        // Programs and operators cause these.
        case .unsupportedCoding, .body, .badKey, .keyReused, .outcomeUnknown, .outcomeNotKept,
            .tooManyKeys, .notRetryable, .noTenant, .nameTaken, .badName, .badValue,
            .tooManyTenants:
            nil
        case .overQuota, .queue, .memory, .provider, .files, .picture, .inputPicture, .blind,
            .tooManyPictures, .tooManyPicturesForModel, .unknownModel, .store, .tooManyRequests,
            .bodyTooLarge, .answerTooLong, .tooManySessions, .tooManyNewSessions, .tooManyCodes,
            .textTooLong, .readTooSlowly, .account, .tooManyPrompts:
            nil
        }
    }
}

extension AccountError {
    fileprivate var words: ErrorWords {
        switch self {
        case .badPasskeyName(let most): ErrorWords(.badPasskeyName, ["count": .count(most)])
        case .tooManyPasskeys(let limit): ErrorWords(.tooManyPasskeys, ["count": .count(limit)])
        case .passkeyExists: ErrorWords(.passkeyExists)
        case .noPasskey: ErrorWords(.noPasskey)
        case .passkeyMalformed: ErrorWords(.passkeyMalformed)
        case .passkeyTooLate: ErrorWords(.passkeyTooLate)
        case .passkeyOfAnotherSite: ErrorWords(.passkeyOfAnotherSite)
        case .passkeyUnverified: ErrorWords(.passkeyUnverified)
        case .passkeyOfUnknownKind: ErrorWords(.passkeyOfUnknownKind)
        case .passkeySignature: ErrorWords(.passkeySignature)
        case .noLogin: ErrorWords(.noLogin)
        case .ownLogin: ErrorWords(.ownLogin)
        }
    }
}

extension QuotaRefusal {
    fileprivate var words: ErrorWords? {
        let (key, isMoney): (ErrorKey, Bool)
        switch quota {
        case .requestsPerDay: (key, isMoney) = (.quotaRequests, false)
        case .tokensPerDay: (key, isMoney) = (.quotaTokens, false)
        case .imagesPerDay: (key, isMoney) = (.quotaImages, false)
        case .spendPerMonth: (key, isMoney) = (.quotaDollars, true)
        case .memory, .disk, .files: return nil
        }
        func value(_ amount: Int64) -> PhraseValue {
            isMoney ? .dollars(amount) : .count(Int(amount))
        }
        return ErrorWords(
            key,
            [
                "used": value(used), "asked": value(asked), "most": value(limit),
                "resets": .date(resets),
            ]
        )
    }
}

extension QueueError {
    fileprivate var words: ErrorWords {
        switch self {
        case .tenantFull(_, let waiting, let limit, let wait):
            ErrorWords(
                .queueOwnFull,
                ["count": .count(waiting), "most": .count(limit), "wait": .wait(wait)]
            )
        case .full(_, _, _, let wait): ErrorWords(.queueFull, ["wait": .wait(wait)])
        case .closed(let closure, let wait):
            ErrorWords(closure.key, ["name": .text(closure.name), "wait": .wait(wait)])
        case .stopped: ErrorWords(.stopping)
        case .cancelled: ErrorWords(.cancelled)
        }
    }
}

extension Closure {
    fileprivate var name: String { model.map { "\(provider)/\($0)" } ?? provider }

    fileprivate var key: ErrorKey {
        switch reason {
        case .failing: isOwn ? .closedFailingForOne : .closedFailing
        case .paused: isOwn ? .closedPausedForOne : .closedPaused
        }
    }
}

extension BudgetError {
    /// The words of a lack of memory.
    var words: ErrorWords {
        switch self {
        case .overQuota(let requested, let held, let quota, let tenant, _)
        where !MemoryAccount.isShared(tenant):
            ErrorWords(
                .memoryQuota,
                ["size": .size(requested), "held": .size(held), "most": .size(quota)]
            )
        case .exhausted(let requested, _, _, _), .overQuota(let requested, _, _, _, _):
            ErrorWords(.memoryShort, ["size": .size(requested)])
        case .overShare(let held, let share, _, _):
            ErrorWords(.memoryShare, ["held": .size(held), "share": .size(share)])
        case .paused(let waited, _): ErrorWords(.memoryPaused, ["wait": .wait(waited)])
        }
    }
}
