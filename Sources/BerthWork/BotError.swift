package import BerthMemory
package import BerthProviders
package import BerthQueue
package import BerthStore

/// The bot's errors, worded for the person who asked.
///
/// Each channel reports them in its own form.
package enum BotError: Error, Sendable, CustomStringConvertible {
    /// No model of that name is listed.
    case unknownModel(String, known: [String])
    /// A quota is used up, and resets after `wait`.
    case overQuota(QuotaRefusal, wait: Duration)
    /// The queue is full, or the provider's circuit breaker is open.
    case queue(QueueError)
    /// The operator has suspended the tenant.
    case suspended
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
    /// There is no such conversation, or it belongs to another tenant.
    case noSession
    /// There is no such message, or it belongs to another tenant, or it is not being answered.
    case noTurn
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
    /// The message is over the limit.
    case textTooLong(ByteCount, limit: ByteCount)
    /// The service is stopping.
    case stopping
    /// The provider gave no answer.
    case provider(ProviderError)
    /// The database failed.
    case store(StoreError)

    package var description: String {
        switch self {
        case .unknownModel(let name, let known):
            "there is no model '\(name.prefix(100))'; the models are "
                + known.joined(separator: ", ")
        case .overQuota(let refusal, _): refusal.description
        case .queue(let error): error.description
        case .suspended: "your access is suspended: ask the operator"
        case .memory(let error): error.description
        case .bodyTooLarge(let limit): "the request is larger than \(limit)"
        case .unsupportedCoding(let reason), .body(let reason): reason
        case .foreignOrigin: "this request does not come from Berth's own page"
        case .sessionBusy: "the last message is still being answered: wait for it or stop it"
        case .tooManySessions(let limit):
            "you have \(limit) conversations, which is the limit: delete one that you do not need"
        case .noSession: "there is no such conversation"
        case .noTurn: "there is no such message, or it is already answered"
        default: operatorDescription
        }
    }

    private var operatorDescription: String {
        switch self {
        case .notRetryable(let state):
            "it is \(state): only failed and uncertain turns can be retried"
        case .noTenant(let name): "there is no tenant '\(name)': see 'berth tenant list'"
        case .nameTaken(let name): "there already is a tenant '\(name)'"
        case .badName(let name):
            "'\(name.prefix(64))' is not a valid name: use 1 to 32 of a-z, 0-9, '-', '_' and '.'"
        case .badValue(let reason): reason
        case .tooManyTenants(let limit):
            "there are \(limit) tenants, which is limits.tenants: remove one or raise the limit"
        case .emptyText: "the message is empty"
        case .textTooLong(let size, let limit):
            "the message is \(size) long, and the limit is \(limit)"
        case .stopping: "the service is being restarted: try again in a moment"
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
    /// Whether it is a lack of memory that passes when other work ends.
    package var isForLackOfMemory: Bool {
        guard case .memory(let error) = self else { return false }
        return error.isPassing
    }

    /// This error where no provider is paid for the answer, so that the work may be tried again.
    package var ofUnboughtAnswer: BotError {
        if case .provider(.memoryMidway(let error)) = self { .memory(error) } else { self }
    }

    /// The description for the log, without text from a client or a provider.
    package var logged: String {
        switch self {
        case .provider(let error): error.logged
        case .store(let error): error.description
        case .unknownModel: "a model that is not listed"
        case .body: "the request's body or the answer was unexpected"
        default: description
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
    /// Makes the bot's error from a queue's.
    package init(_ error: QueueError) {
        switch error {
        case .stopped: self = .stopping
        case .cancelled: self = .provider(.cancelled)
        case .closed, .full, .tenantFull: self = .queue(error)
        }
    }
}

extension ProviderError {
    /// The description for the log, without the provider's own words.
    ///
    /// Those may repeat a message.
    var logged: String {
        switch self {
        case .refused(let provider, let status, _, let code):
            "provider '\(provider)' rejected the request (status \(status)"
                + (code.map { ", \($0.prefix(64))" } ?? "") + ")"
        case .failedMidway(let provider, _):
            "provider '\(provider)' reported an error during the answer"
        case .malformed(let provider, _): "provider '\(provider)' sent a malformed answer"
        default: ProviderError.withoutProvidersWords(description)
        }
    }
}
