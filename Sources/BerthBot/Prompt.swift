import BerthCache
import BerthHTTP
import BerthLoop
import BerthMemory
import BerthProviders
import BerthStore
import BerthText
import BerthWork

/// A turn's prompt: the standing instruction, the session's latest exchanges, the new message.
struct Prompt {
    /// A chat-completions request with its messages only, and the temperature of a translation.
    let request: JSONObject
    /// Whether it repeats no earlier exchange, so another tenant's prompt can be equal.
    let isContextFree: Bool
    /// The kind under which its answer is cached.
    let kind: CacheKind

    /// The most tokens of earlier exchanges that a prompt repeats, even in a larger window.
    ///
    /// Repeated exchanges are paid for again in each turn.
    static let mostHistory = 16_384
    /// The most memory of the session's window and the prompt built from it.
    ///
    /// The history is held as it is read and again as JSON, whose escapes rarely double it.
    static func worstCase(_ question: Question) -> ByteCount {
        worstCase(question.text.utf8.count + question.system.utf8.count, question.isTranslation)
    }

    /// The most memory for a message that is not read yet, of `count` bytes with its instruction.
    static func worstCase(_ count: Int, _ isTranslation: Bool = false) -> ByteCount {
        ByteCount(3 * ((isTranslation ? 0 : mostHistory * 4) + count))
    }

    /// The most exchanges that a prompt repeats.
    static let mostExchanges = 100

    /// Builds the prompt, and leaves out the oldest exchanges that do not fit.
    ///
    /// - Parameters:
    ///   - question: the new question.
    ///   - history: the exchanges, newest first, as the database gives them. A translation has
    ///     none.
    ///   - budget: tokens for the whole prompt.
    /// - Throws: ``JSONError``, which valid text never causes.
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

    /// Builds the prompt, off the loop if it is large.
    ///
    /// The parameters are those of ``init(_:history:budget:)``.
    ///
    /// - Throws: ``BotError/body(_:)``.
    static func of(
        _ question: Question,
        history: [Exchange] = [],
        budget: Int
    ) async throws(BotError) -> Prompt {
        let size = history.reduce(question.system.utf8.count + question.text.utf8.count) {
            $0 + $1.text.utf8.count + $1.answer.utf8.count
        }
        do throws(JSONError) {
            return try await LargeWork.run(on: size) { () throws(JSONError) in
                try Prompt(question, history: history, budget: budget)
            }
        } catch { throw .body(error.description) }
    }

    /// Checks that a message and its instruction fit into the model's window.
    ///
    /// A translation is about as long as its text, so its text must also fit into the model's
    /// output.
    ///
    /// - Throws: ``BotError/textTooLong(_:limit:)`` with the size that would fit.
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
