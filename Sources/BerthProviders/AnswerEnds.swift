import BerthText

/// Checks that an answer has words and a reason for its end.
struct AnswerEnds {
    /// Whether an answer without a word is no failure, because the request has stop sequences.
    var mayBeEmpty = false
    /// The reason of a choice that failed at the provider.
    private(set) var failed: String?
    private var open: Set<Int> = []
    private var closed: Set<Int> = []
    private var reason = "stop"
    private var hasWords = false

    /// The most choices of an answer.
    private static let mostChoices = 128

    /// The index of a choice, which is its place in the list if it names none that can be.
    static func index(of choice: JSONObject, at place: Int) -> Int {
        guard let index = choice.integer("index"), (0..<mostChoices).contains(index) else {
            return place
        }
        return index
    }

    /// Notes a chunk of a choice.
    ///
    /// - Parameters:
    ///   - choice: its index.
    ///   - reason: the reason for which it ends with the chunk.
    ///   - hasWords: whether the chunk has anything that a client or a user can use.
    mutating func note(_ choice: Int, _ reason: FinishReason, hasWords: Bool) {
        if hasWords { self.hasWords = true }
        switch reason {
        case .none:
            // A chunk with the usage may have an empty choice after the end.
            guard !closed.contains(choice), open.count < AnswerEnds.mostChoices else { return }
            open.insert(choice)
        case .known(let reason):
            open.remove(choice)
            guard closed.count < AnswerEnds.mostChoices else { return }
            closed.insert(choice)
            self.reason = reason
        case .failed(let reason): failed = reason
        }
    }

    /// Whether every choice has ended.
    var areClosed: Bool { !closed.isEmpty && open.isEmpty }

    /// The failure of an answer whose stream has ended, or nil if it is whole.
    func failure(of provider: String) -> ProviderError? {
        guard areClosed else { return .cut(provider: provider) }
        guard !hasWords, !mayBeEmpty, reason == "stop" else { return nil }
        return .wordless(provider: provider, finish: reason)
    }
}
