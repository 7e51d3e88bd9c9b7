import BerthCache
import BerthHTTP
import BerthLoop
import BerthMemory
import BerthProviders
import BerthStore
import BerthText
import BerthWork

/// What a turn asks, as the model is to read it.
struct Question {
    /// The instruction before it; empty: none.
    let system: String
    /// The new message, or a quoted text.
    let text: String
    /// Under which kind its answer is kept.
    let kind: CacheKind

    /// Whether the model reads it alone: no history, no system text of the operator's.
    var isTranslation: Bool { kind == .translation }

    /// Reads a message; `system` is the operator's, which a translation does without.
    init(_ message: String, system: String) {
        self =
            Translation(message).map { Question($0) }
            ?? Question(system: system, text: message, kind: .answer)
    }

    /// Asks for a translation.
    init(_ translation: Translation) {
        self.init(system: translation.instruction, text: translation.quoted, kind: .translation)
    }

    private init(system: String, text: String, kind: CacheKind) {
        self.system = system
        self.text = text
        self.kind = kind
    }
}

/// A turn's prompt: the standing instruction, the session's latest exchanges, the new message.
struct Prompt {
    /// A chat-completions request with nothing but its messages, and a translation's temperature.
    let request: JSONObject
    /// Whether it repeats nothing that was said before: another tenant's would be the same.
    let isContextFree: Bool
    /// Under which kind its answer is kept.
    let kind: CacheKind

    /// The most tokens of earlier exchanges that a prompt repeats, however large the model's window
    /// is: what is repeated is paid for again in each turn.
    static let mostHistory = 16_384
    /// What the window and the prompt built from it may hold together: the history as it is read and
    /// again as JSON, whose escapes rarely double it.
    static func worstCase(_ question: Question) -> ByteCount {
        worstCase(question.text.utf8.count + question.system.utf8.count, question.isTranslation)
    }

    /// The same of a message that is not read yet: `count` bytes, with the instruction before it.
    static func worstCase(_ count: Int, _ isTranslation: Bool = false) -> ByteCount {
        ByteCount(3 * ((isTranslation ? 0 : mostHistory * 4) + count))
    }

    /// The most exchanges.
    static let mostExchanges = 100

    /// Builds the prompt, leaving out the oldest exchanges where they do not fit.
    ///
    /// - Parameters:
    ///   - question: what is asked.
    ///   - history: newest first, as the database gives it; a translation has none.
    ///   - budget: tokens for the whole prompt.
    /// - Throws: ``JSONError`` never for text; it is how a checked object is made.
    init(_ question: Question, history: [Exchange] = [], budget: Int) throws(JSONError) {
        let (system, text) = (question.system, question.text)
        var left = min(budget - Prompt.cost(system) - Prompt.cost(text), Prompt.mostHistory)
        let kept = history.prefix { exchange in
            left -= Prompt.cost(exchange.text) + Prompt.cost(exchange.answer)
            return left >= 0
        }
        isContextFree = kept.isEmpty
        kind = question.kind
        var messages = system.isEmpty ? [] : [Prompt.message("system", system)]
        for exchange in kept.reversed() {
            messages.append(Prompt.message("user", exchange.text))
            messages.append(Prompt.message("assistant", exchange.answer))
        }
        messages.append(Prompt.message("user", text))
        let list = messages.joined(separator: [UInt8(ascii: ",")])
        let end = question.isTranslation ? #"],"temperature":0}"# : "]}"
        request = try JSONObject(Array(#"{"messages":["#.utf8) + list + Array(end.utf8))
    }

    /// Whether a message alone fits, beside its instruction; a translation, which is about as long as
    /// its text, also within what the model writes.
    ///
    /// - Throws: ``BotError/textTooLong(_:limit:)`` with what would.
    static func check(_ question: Question, for model: ModelChoice) throws(BotError) {
        let budget = model.context - model.output
        var left = max(0, budget - cost(question.system) - TokenEstimate.perMessage)
        if question.isTranslation { left = min(left, model.output) }
        guard TokenEstimate.of(question.text) > left else { return }
        throw .textTooLong(ByteCount(question.text.utf8.count), limit: ByteCount(left * 4))
    }

    private static func cost(_ text: String) -> Int {
        TokenEstimate.of(text) + TokenEstimate.perMessage
    }

    private static func message(_ role: String, _ text: String) -> [UInt8] {
        Array(#"{"role":"\#(role)","content":"#.utf8) + JSON.quote(text) + [UInt8(ascii: "}")]
    }
}
