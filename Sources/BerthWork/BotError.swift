package import BerthFiles
package import BerthImage
package import BerthMemory
package import BerthProviders
package import BerthQueue
package import BerthStore
import BerthText

/// The bot's errors, worded for the person who asked.
///
/// ``description`` contains no address, no file, no other tenant's figures and no advice for the
/// operator, whose words are ``forOperator``. Each channel reports them in its own form.
package enum BotError: Error, Sendable, CustomStringConvertible {
    /// No model of that name is listed.
    case unknownModel(String, known: [String])
    /// A quota is used up, and resets after `wait`.
    case overQuota(QuotaRefusal, wait: Duration)
    /// The queue is full, or the provider's circuit breaker is open.
    case queue(QueueError)
    /// As many requests of the tenant are under way as `limits.connections_per_tenant` allows.
    case tooManyRequests(limit: Int)
    /// The operator has suspended the tenant.
    case suspended
    /// The operator has ended the call.
    case endedByOperator
    /// There is not enough memory for the tenant or for the service.
    case memory(BudgetError)
    /// A request's body is over the limit.
    case bodyTooLarge(limit: ByteCount)
    /// A request's body is in a coding that is not known.
    case unsupportedCoding(String)
    /// A request's body has an unexpected content.
    case body(String)
    /// A request that changes state by cookie does not come from Berth's own page.
    case foreignOrigin
    /// The conversation's last message is still being answered.
    case sessionBusy
    /// The tenant has the most conversations that a channel keeps.
    case tooManySessions(limit: Int)
    /// The tenant has made conversations faster than a person needs them.
    case tooManyNewSessions(perMinute: Int, wait: Duration)
    /// The tenant has asked for more codes for further devices than a person needs.
    case tooManyCodes(perMinute: Int, wait: Duration)
    /// An `Idempotency-Key` is not valid.
    case badKey(String)
    /// An `Idempotency-Key` belongs to another request.
    case keyReused
    /// The outcome of a request with an `Idempotency-Key` is unknown, so it may have been bought.
    case outcomeUnknown
    /// The outcome of a request with an `Idempotency-Key` was too large to be kept.
    case outcomeNotKept
    /// The tenant has the most keys, the oldest of which expires after `wait`.
    case tooManyKeys(limit: Int, wait: Duration)
    /// There is no such conversation, or it belongs to another tenant.
    case noSession
    /// There is no such message, or it belongs to another tenant, or it is not being answered.
    case noTurn
    /// The message is not the last one of its conversation, or its answer was not cut.
    case notCut
    /// The message has neither failed nor is it uncertain, so it is not retried.
    case notRetryable(Turn.State)
    /// There is no tenant of that name.
    case noTenant(String)
    /// Another tenant has the name.
    case nameTaken(String)
    /// The name has characters that names may not have, or is too long.
    case badName(String)
    /// A value that the operator gave is invalid.
    case badValue(String)
    /// There are as many tenants as `limits.tenants` allows.
    case tooManyTenants(limit: Int)
    /// The message has no text.
    case emptyText
    /// A command came with pictures.
    case commandWithPictures
    /// The message has more pictures than any message may have.
    case tooManyPictures(Int, limit: Int)
    /// The message has more pictures than its model takes.
    case tooManyPicturesForModel(String, Int, limit: Int)
    /// The answer is over the limit, where it was cut off.
    case answerTooLong(limit: ByteCount)
    /// A picture that came with the message cannot be used. It is the one of this `number`.
    case inputPicture(PictureError, number: Int, of: Int)
    /// The message has pictures, and the conversation's model (nil for all models) does not see them.
    case blind(String?, seeing: [String])
    /// The message is over the limit.
    case textTooLong(ByteCount, limit: ByteCount)
    /// A prompt's name has other characters than letters and `_`, is too long, or is a command.
    case promptName(String)
    /// The person has as many prompts as one may have.
    case tooManyPrompts(limit: Int)
    /// The service is stopping.
    case stopping
    /// A call that several requests share ended for a reason of another one of them.
    case sharedCallEnded
    /// The client reads an answer more slowly than its memory allows. `behind` is not read yet.
    case readTooSlowly(behind: ByteCount)
    /// The provider gave no answer.
    case provider(ProviderError)
    /// The database failed.
    case store(StoreError)
    /// A file was not stored, found or deleted.
    case files(FilesError)
    /// A picture was refused.
    case picture(PictureError)
    /// No model of pictures is configured.
    case noPictures
    /// A change to the person's logins or passkeys was refused.
    case account(AccountError)

    package var description: String {
        switch self {
        case .unknownModel(let name, let known):
            "there is no model '\(name.shortened())'; the models are "
                + known.joined(separator: ", ")
        case .overQuota(let refusal, let wait): refusal.words(waiting: wait)
        case .queue(let error): error.description
        case .tooManyRequests(let limit):
            "\(limit) of your requests are under way, which is the limit: wait for one of them"
        case .suspended: "your access is suspended: ask the operator"
        case .endedByOperator: "the operator has ended this request"
        case .memory(let error): error.forTenant
        case .bodyTooLarge(let limit): "the request is larger than \(limit)"
        case .unsupportedCoding(let reason), .body(let reason): reason
        case .foreignOrigin: "this request does not come from Berth's own page"
        case .sessionBusy: "the last message is still being answered: wait for it or stop it"
        case .tooManySessions(let limit):
            "you have \(limit) conversations, which is the limit: delete one that you do not need"
        case .promptName(let name):
            "'\(name)' is no name for a prompt: use at most 32 bytes of letters and _, and no "
                + "name of a command"
        case .tooManyPrompts(let limit):
            "you have \(limit) prompts, which is the limit: delete one that you do not need"
        case .files(let error): error.description
        case .picture(let error): error.description
        case .account(let error): error.description
        case .noPictures:
            "this bot makes no pictures: its operator has configured no model for them"
        case .noSession: "there is no such conversation"
        case .noTurn: "there is no such message, or it is already answered"
        case .notCut: "only the last answer can be continued, if it was cut at the model's limit"
        default: rateDescription ?? otherDescription
        }
    }

    private var rateDescription: String? {
        switch self {
        case .tooManyNewSessions(let rate, let wait):
            "you have made too many conversations, and \(rate) a minute is the limit: try again in "
                + "\(wait.secondsRoundedUp) s"
        case .tooManyCodes(let rate, let wait):
            "you have asked for too many codes, and \(rate) a minute is the limit: try again in "
                + "\(wait.secondsRoundedUp) s"
        case .badKey(let reason): "this Idempotency-Key \(reason)"
        case .keyReused:
            "this Idempotency-Key was sent with another request within 24 hours: use a new key for "
                + "a new request"
        case .outcomeUnknown:
            "the request with this Idempotency-Key was broken off and may have been charged, so it "
                + "is not sent again: use a new key to send it anyway"
        case .outcomeNotKept:
            "the request with this Idempotency-Key was answered, and its answer was too large to "
                + "be kept: use a new key to send it again"
        case .tooManyKeys(let limit, let wait):
            "you have used \(limit) different Idempotency-Keys in 24 hours, which is the limit: "
                + "try again in \(wait.secondsRoundedUp) s, or send the request without a key"
        default: nil
        }
    }

    private var otherDescription: String {
        switch self {
        case .notRetryable(let state):
            "it is \(state): only failed and uncertain turns can be retried"
        case .noTenant(let name): "there is no tenant '\(name)': see 'berth tenant list'"
        case .nameTaken(let name): "there already is a tenant '\(name)'"
        case .badName(let name):
            "'\(name.shortened(toBytes: 64))' is not a valid name: use 1 to 32 of a-z, 0-9, '-', '_' and '.', "
                + "and begin with a letter or digit"
        case .badValue(let reason): reason
        case .tooManyTenants(let limit):
            "there are \(limit) tenants, which is limits.tenants: remove one or raise the limit"
        case .emptyText: "the message is empty"
        case .inputPicture(let error, let number, let count):
            (count > 1 ? "picture \(number): " : "") + error.description
        case .blind(let model, let seeing): BotError.blind(model, seeing)
        case .commandWithPictures: "a command takes no pictures: send them with a question"
        case .tooManyPictures(let count, let limit):
            "the message has \(count) pictures, and \(limit) are allowed"
        case .tooManyPicturesForModel(let model, let count, let limit):
            "the model \(model) takes at most \(limit) pictures in a message, and this one has "
                + "\(count)"
        case .answerTooLong(let limit): "the answer is longer than \(limit) and was cut off there"
        case .textTooLong(let size, let limit):
            "the message is \(size) long, and the limit is \(limit)"
        case .stopping: "the service is being restarted: try again in a moment"
        case .sharedCallEnded:
            "the call that this request shared with others ended early: ask again"
        case .readTooSlowly(let behind):
            "the answer was ended because it is read too slowly: \(behind) wait for the client"
        case .provider(let error): error.description
        case .store(.busy), .store(.closed): "the service is busy: try again in a moment"
        case .store:
            // The database's own message names files of the machine.
            "the service's database failed: try again, or tell the operator"
        default: "\(self)"
        }
    }
}

extension BotError {
    private static func blind(_ model: String?, _ names: [String]) -> String {
        guard !names.isEmpty else {
            return
                "no model here sees pictures: send the message without them, or ask the operator "
                + "for a model with vision"
        }
        let some = names.prefix(5).joined(separator: ", ")
        return "the model \(model ?? ModelCatalog.anyModel) does not see pictures: choose one that "
            + "does with /model (\(some)), or send the message without them"
    }

    /// Whether it is a lack of memory that passes when other work ends.
    package var isForLackOfMemory: Bool {
        guard case .memory(let error) = self else { return false }
        return error.isPassing
    }

    /// The cause of the wait before the next attempt, for the reader of a turn.
    package var causeOfWait: QueuePlace.Cause? {
        switch self {
        case .queue(.closed(let closure, _)): closure.reason == .paused ? .paused : .failing
        case .queue: nil
        case .memory: .memory
        case .provider(.rateLimited): .paused
        default: .failing
        }
    }

    /// This error where no provider is paid for the answer, so that the work may be tried again.
    package var ofUnboughtAnswer: BotError {
        if case .provider(.memoryMidway(let error)) = self { .memory(error) } else { self }
    }

    /// Whether the error of a shared call may be that of its leader alone, so the others ask again.
    var mayBeOfOnePayer: Bool { disposition.fault == .payer || disposition.isBeforeProvider }

    /// This error for another caller of the same call, without its payer's name and figures.
    var ofAnotherPayer: BotError {
        switch self {
        case .overQuota, .suspended, .memory, .provider(.memory), .provider(.memoryMidway),
            .queue(.full), .queue(.tenantFull), .files, .picture:
            .sharedCallEnded
        default: self
        }
    }

    /// The error for the operator, with the database's and the network's own words.
    package var forOperator: String {
        switch self {
        case .provider(let error): error.forOperator
        case .store(let error): error.description
        case .files(let error): error.forOperator
        case .inputPicture(let error, _, _): error.forOperator
        case .picture(let error): error.forOperator
        case .memory(let error): error.description
        default: description
        }
    }

    /// The error for the log, without text from a client or a provider.
    package var logged: String {
        switch self {
        case .unknownModel: "a model that is not listed"
        case .body: "the request's body or the answer was unexpected"
        default: forOperator
        }
    }

    /// Makes the bot's error from a store's.
    package init(_ error: StoreError) {
        switch error {
        case .nameTaken(let name): self = .nameTaken(name)
        case .notFound(what: "conversation"): self = .noSession
        default: self = .store(error)
        }
    }
}

extension BotError {
    /// Makes the bot's error from that of a file.
    package init(_ error: FilesError) {
        switch error {
        case .store(.diskFull): self = .files(.diskFull)
        case .store(let error): self.init(error)
        default: self = .files(error)
        }
    }

    /// Makes the bot's error from a queue's.
    package init(_ error: QueueError) {
        switch error {
        case .stopped: self = .stopping
        case .cancelled: self = .provider(.cancelled)
        case .closed, .full, .tenantFull: self = .queue(error)
        }
    }
}
