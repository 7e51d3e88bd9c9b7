import BerthConfig

/// A provider's refusal of a request, read for the parts that Berth has added to it.
///
/// A reading is a guess. It costs one more request, which is free if it is refused too, and a quirk is
/// learnt only if that request is answered.
struct PartRefusal {
    /// A change of a request.
    enum Change: Hashable {
        /// A part is left out or renamed.
        case without(Quirks.Part)
        /// The output limit has this name.
        case outputLimit(Quirks.OutputLimit)
        /// The output limit is at most this.
        case mostOutput(Int)
        /// The output limit of this request is at most this, because of its prompt.
        case mostNow(Int)
        /// This request has no output limit, because of its prompt.
        case unlimited
    }

    /// The HTTP status, or 200 for an error in an answer.
    private let status: Int
    /// The error's code.
    private let code: String?
    /// The words of the reason, or nil if the provider gave none.
    private let words: RefusalWords?

    /// The statuses with which servers refuse a request that they do not understand.
    private static let statuses = [400, 422]
    /// The codes of refusals that have other causes.
    private static let otherCodes: Set = [
        FaultKind.contentPolicy.code, FaultKind.modelUnknown.code,
    ]

    /// Reads an error, or returns nil if it is no refusal of the request.
    ///
    /// Some servers refuse a member with a status of 500, or with an error in an answer. Those must
    /// have words.
    init?(_ error: ProviderError) {
        switch error {
        case .refused(_, let status, let message, let code):
            guard !PartRefusal.otherCodes.contains(code ?? "") else { return nil }
            (self.status, self.code) = (status, code)
            let words = RefusalWords(Upstream.title(ofPage: message) ?? message)
            self.words = words.isEmpty ? nil : words
        case .unavailable(_, let status, _, let reason?):
            guard status >= 500 else { return nil }
            (self.status, code, words) = (status, nil, RefusalWords(reason))
        case .failedMidway(_, let message):
            (status, code, words) = (200, nil, RefusalWords(message))
        default: return nil
        }
    }

    /// Whether it says nothing about its cause.
    var isWordless: Bool { words == nil && PartRefusal.statuses.contains(status) }

    /// Whether two refusals are the same, except for numbers and the ids of requests.
    static func == (first: PartRefusal, second: PartRefusal) -> Bool {
        first.status == second.status && first.code == second.code
            && first.words?.plain == second.words?.plain
    }

    /// The changes that the words suggest for a request with `own`, the most likely one first.
    ///
    /// The last are all of them together.
    func changes(of own: OwnParts) -> [[Change]] {
        let singles = single(of: own)
        let parts = singles.filter { if case .without = $0 { true } else { false } }
        let roles: [Change] = [.without(.developer), .without(.system)]
        // A server may refuse both roles with the same words.
        let isOfRole = own.mayJoin && roles.contains { singles.contains($0) }
        return singles.map { [$0] } + (parts.count > 1 ? [parts] : []) + (isOfRole ? [roles] : [])
    }

    private func single(of own: OwnParts) -> [Change] {
        guard let words else { return [] }
        if let limit = limit(of: own, words) { return limit }
        guard !isTooLong else { return [] }
        // A refusal with status 400 that names a part is about it. Other errors must say more.
        guard words.refuses || PartRefusal.statuses.contains(status) else { return [] }
        var found: [(place: Int, changes: [Change])] = own.parts.compactMap { part in
            words.place(of: part, userNames: own.userNames).map { ($0, [.without(part)]) }
        }
        if own.outputLimit != .none, let place = words.complaint(of: own.outputLimit) {
            found.append((place, renamed(own, words)))
        }
        return found.sorted { $0.place < $1.place }.flatMap(\.changes)
    }

    /// The changes of a request whose refusal has no words: each part alone, then all.
    ///
    /// Parts that the model has taken before are left out of `own`.
    func guesses(of own: OwnParts) -> [[Change]] {
        let parts = own.parts.filter { $0 != .stream && $0 != .system }
        var singles: [Change] = parts.map { .without($0) }
        if own.mayRename, own.outputLimit != .none {
            let isNew = own.outputLimit == .maxCompletionTokens
            singles.append(.outputLimit(isNew ? .maxTokens : .maxCompletionTokens))
        }
        return singles.map { [$0] } + (singles.count > 1 ? [singles] : [])
    }

    // MARK: The output limit

    /// The changes if the value of the limit is refused, or nil if it is not.
    private func limit(of own: OwnParts, _ words: RefusalWords) -> [Change]? {
        guard own.outputLimit != .none, words.namesAnyLimit else { return nil }
        let most = words.hasBound && !isTooLong ? words.most(below: own.maximumOutput) : nil
        guard most != nil || isTooLong || words.saysTooLarge else { return nil }
        // A value of the client's is the client's to change.
        guard own.isOwnValue else { return [] }
        let unlimited: [Change] = own.mayRename ? [.unlimited] : []
        guard let most else { return unlimited }
        return [words.isAboutPrompt ? .mostNow(most) : .mostOutput(most)] + unlimited
    }

    /// Whether the prompt and the answer together do not fit into the model's window.
    private var isTooLong: Bool { code == FaultKind.contextTooLong.code }

    /// The other names of the limit: those that the words have, and then the rest.
    private func renamed(_ own: OwnParts, _ words: RefusalWords) -> [Change] {
        guard own.mayRename else { return [] }
        let named = Quirks.OutputLimit.allCases.filter { $0 != .none }
            .compactMap { name in words.place(of: name).map { (place: $0, name: name) } }
            .sorted { $0.place < $1.place }.map(\.name)
        let usual: [Quirks.OutputLimit] = [
            .maxTokens, .maxCompletionTokens, .maxOutputTokens, .maxNewTokens, .none,
        ]
        let names = named + usual.filter { !named.contains($0) }
        return names.filter { $0 != own.outputLimit }.map { .outputLimit($0) }
    }
}
