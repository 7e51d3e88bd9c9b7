package import BerthMemory
package import BerthProviders
package import BerthQueue
package import BerthStore

/// Why the bot refuses, worded for the person who asked; channels say it in their own form.
package enum BotError: Error, Sendable, CustomStringConvertible {
    /// No model of that name is listed.
    case unknownModel(String, known: [String])
    /// A quota is used up; it is whole again after `wait`.
    case overQuota(QuotaRefusal, wait: Duration)
    /// No room in the queue, or the provider is left alone for a while.
    case queue(QueueError)
    /// The operator has suspended the tenant.
    case suspended
    /// There is not enough memory, for the tenant or for all.
    case memory(BudgetError)
    /// A request's body is over the limit.
    case bodyTooLarge(limit: ByteCount)
    /// A request's body is not what was expected.
    case body(String)
    /// A request that changes state by cookie does not come from Berth's own page.
    case foreignOrigin
    /// The conversation's last message is still being answered.
    case sessionBusy
    /// The tenant has as many conversations on the channel as are kept.
    case tooManySessions(limit: Int)
    /// There is no such conversation, or it is somebody else's.
    case noSession
    /// There is no such message, or it is somebody else's, or it is not being answered.
    case noTurn
    /// Only a message that failed or is uncertain is answered again; this one is neither.
    case notRetryable(Turn.State)
    /// There is no tenant of that name.
    case noTenant(String)
    /// Somebody has the name already.
    case nameTaken(String)
    /// The name has characters that names do not have.
    case badName(String)
    /// A value that the operator gave cannot be.
    case badValue(String)
    /// As many tenants as `limits.tenants` allows are there.
    case tooManyTenants(limit: Int)
    /// The message has no text.
    case emptyText
    /// The message is over the limit.
    case textTooLong(ByteCount, limit: ByteCount)
    /// The service is ending.
    case stopping
    /// The provider gave no answer.
    case provider(ProviderError)
    /// The database did not do its part.
    case store(StoreError)

    package var description: String {
        switch self {
        case .unknownModel(let name, let known):
            "the model '\(name.prefix(100))' is not listed here; there is "
                + known.joined(separator: ", ")
        case .overQuota(let refusal, _): refusal.description
        case .queue(let error): error.description
        case .suspended: "your access is suspended: ask the operator"
        case .memory(let error): error.description
        case .bodyTooLarge(let limit): "the request is larger than \(limit)"
        case .body(let reason): reason
        case .foreignOrigin: "this request does not come from Berth's own page"
        case .sessionBusy: "the last message is still being answered: wait for it or stop it"
        case .tooManySessions(let limit):
            "you have \(limit) conversations, which is the most: delete one that you do not need"
        case .noSession: "there is no such conversation"
        case .noTurn: "there is no such message, or it is answered already"
        default: operatorDescription
        }
    }

    private var operatorDescription: String {
        switch self {
        case .notRetryable(let state):
            "it is \(state): only what failed or is uncertain is answered again"
        case .noTenant(let name): "there is no tenant '\(name)': see 'berth tenant list'"
        case .nameTaken(let name): "there is a tenant '\(name)' already"
        case .badName(let name):
            "'\(name.prefix(64))' is not a tenant's name: 1 to 32 of a-z, 0-9, '-', '_' and '.'"
        case .badValue(let reason): reason
        case .tooManyTenants(let limit):
            "there are \(limit) tenants, as many as limits.tenants allows: remove one or raise it"
        case .emptyText: "the message is empty"
        case .textTooLong(let size, let limit): "the message has \(size); \(limit) is the most"
        case .stopping: "the service is being restarted: try again in a moment"
        case .provider(let error): error.description
        case .store(.busy), .store(.closed): "the service is busy: try again in a moment"
        case .store:
            // Its words name files of the machine.
            "the service's database failed: try again, or tell the operator"
        default: "\(self)"
        }
    }
}

extension BotError {
    /// Whether there will be memory for the work when other work has ended.
    package var isForLackOfMemory: Bool {
        guard case .memory(let error) = self else { return false }
        return error.isPassing
    }

    /// This error where no provider is paid for the answer, so that the work may be tried again.
    package var ofUnboughtAnswer: BotError {
        if case .provider(.memoryMidway(let error)) = self { .memory(error) } else { self }
    }

    /// For the log: without what a client or a provider has written.
    package var logged: String {
        switch self {
        case .provider(let error): error.logged
        case .store(let error): error.description
        case .unknownModel: "a model that is not listed"
        case .body: "what came is not what was expected"
        default: description
        }
    }

    /// A store's refusal in the bot's terms.
    package init(_ error: StoreError) {
        switch error {
        case .nameTaken(let name): self = .nameTaken(name)
        case .notFound(what: "conversation"): self = .noSession
        default: self = .store(error)
        }
    }
}

extension BotError {
    /// A queue's refusal in the bot's terms.
    package init(_ error: QueueError) {
        switch error {
        case .stopped: self = .stopping
        case .cancelled: self = .provider(.cancelled)
        case .closed, .full, .tenantFull: self = .queue(error)
        }
    }
}

extension ProviderError {
    /// For the log: without the provider's own words, which may repeat a key or a message.
    var logged: String {
        switch self {
        case .refused(let provider, let status, _, _):
            "provider '\(provider)' rejected the request (status \(status))"
        case .failedMidway(let provider, _):
            "provider '\(provider)' reported an error during the answer"
        case .malformed(let provider, _): "provider '\(provider)' sent a malformed answer"
        default: description
        }
    }
}
