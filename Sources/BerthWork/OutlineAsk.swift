package import BerthLoop
package import BerthMemory
package import BerthProviders
import BerthQueue
package import BerthStore
package import BerthText

/// A request for the title or summary of a conversation: the first phase of paid work.
///
/// Nobody waits for it, so its calls wait in the lane for background work. Its phases are those of
/// ``Ask``.
package struct OutlineAsk: Sendable {
    /// The text that it asks for.
    package let target: OutlineTarget
    private let ask: Ask

    /// The most bytes of a title.
    package static let longestTitle = 120
    /// The most bytes of a summary.
    package static let longestSummary = 8_192
    /// The most tokens of a title.
    ///
    /// Models that reason spend most of them before the first word.
    package static let titleTokens = 512
    /// The most tokens of a summary.
    package static let summaryTokens = 2_048

    /// Makes a request, and leases the memory of its queue entry.
    ///
    /// - Parameters:
    ///   - target: the text to ask for.
    ///   - request: a chat-completions request.
    ///   - model: the model that writes it.
    ///   - payer: the tenant who pays.
    ///   - memory: the memory leased beforehand.
    ///   - since: the time of the request.
    /// - Throws: ``BotError/memory(_:)``.
    @Loop package init(
        _ target: OutlineTarget,
        _ request: JSONObject,
        _ model: ModelChoice,
        _ payer: LiveTenant,
        memory: PrepaidMemory,
        since: Instant
    ) throws(BotError) {
        self.target = target
        var ask = Ask(request, [model], payer, memory: memory, since: since)
        ask.isOwn = true
        self.ask = try ask.entered(listening: false)
    }

    /// This request with the call that the operator can end.
    func opened(as call: OpenCall?) -> (OutlineAsk, Ask) {
        let opened = ask.opened(as: call)
        return (OutlineAsk(target, opened), opened)
    }

    private init(_ target: OutlineTarget, _ ask: Ask) { (self.target, self.ask) = (target, ask) }

    /// The words of an answer, or nil if it has none.
    ///
    /// A title is the first line, without the marks that models put around it.
    func words(of answer: String) -> String? {
        let words: String
        switch target.kind {
        case .title:
            let marks = "\"'`*_#“”„«»「」.。 \t".unicodeScalars
            let lines = answer.cut(toBytes: 4_096).unicodeScalars.split(whereSeparator: \.isLineEnd)
            let line = lines.first { line in line.contains { !marks.contains($0) } }
            let bare = (line ?? "".unicodeScalars[...]).drop { marks.contains($0) }
                .reversed().drop { marks.contains($0) }
            let title = String(String.UnicodeScalarView(bare.reversed()))
            words = HarmlessText.line(title).cut(toBytes: Self.longestTitle)
        case .summary:
            words = answer.shortened(toBytes: Self.longestSummary)
        }
        return words.unicodeScalars.allSatisfy(\.isSpace) ? nil : words
    }
}

extension OutlineAsk: PaidAsk {
    static var mayBuyTwice: Bool { true }
    var models: [ModelChoice] { ask.models }
    var payer: LiveTenant { ask.payer }
    var requestID: String { ask.requestID }
    var since: Instant { ask.since }
    var mark: RequestMark { ask.mark }
    var turn: Turn.ID? { nil }
    var key: IdempotencyKey? { nil }
    var listener: PlaceListener? { nil }
    var open: OpenCall? { ask.open }
    var outline: OutlineTarget? { target }

    func worstCase(_ model: ModelChoice) -> Amounts { ask.worstCase(model) }

    static func paid(_ model: ModelChoice) -> PaidModel { PaidModel(model, lane: .background) }
}
