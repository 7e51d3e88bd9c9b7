import BerthHTTP
import BerthMemory
import BerthProviders
import BerthStore

/// A turn's prompt: the standing instruction, the session's latest exchanges, the new message.
struct Prompt {
    /// A chat-completions request with nothing but its messages.
    let request: JSONObject
    /// Its tokens, estimated.
    let tokens: Int

    /// Whether it repeats nothing that was said before: another tenant's would be the same.
    let isContextFree: Bool

    /// The most tokens of earlier exchanges that a prompt repeats, however large the model's window
    /// is: what is repeated is paid for again in each turn.
    static let mostHistory = 16_384
    /// What the window and the prompt built from it may hold together: the history as it is read and
    /// again as JSON, whose escapes rarely double it.
    static func worstCase(_ text: String, system: String) -> ByteCount {
        ByteCount(3 * (mostHistory * 4 + text.utf8.count + system.utf8.count))
    }

    /// The most exchanges.
    static let mostExchanges = 100

    /// Builds the prompt, leaving out the oldest exchanges where they do not fit.
    ///
    /// - Parameters:
    ///   - system: the standing instruction; empty: none.
    ///   - history: newest first, as the database gives it.
    ///   - text: the new message.
    ///   - budget: tokens for the whole prompt.
    /// - Throws: ``JSONError`` never for text; it is how a checked object is made.
    init(system: String, history: [Exchange], text: String, budget: Int) throws(JSONError) {
        var left = min(budget - Prompt.cost(system) - Prompt.cost(text), Prompt.mostHistory)
        let kept = history.prefix { exchange in
            left -= Prompt.cost(exchange.text) + Prompt.cost(exchange.answer)
            return left >= 0
        }
        isContextFree = kept.isEmpty
        var messages = system.isEmpty ? [] : [Prompt.message("system", system)]
        for exchange in kept.reversed() {
            messages.append(Prompt.message("user", exchange.text))
            messages.append(Prompt.message("assistant", exchange.answer))
        }
        messages.append(Prompt.message("user", text))
        let list = messages.joined(separator: [UInt8(ascii: ",")])
        request = try JSONObject(Array(#"{"messages":["#.utf8) + list + Array("]}".utf8))
        tokens = TokenEstimate.input(of: request)
    }

    /// Whether a message alone fits, beside the standing instruction.
    ///
    /// - Throws: ``BotError/textTooLong(_:limit:)`` with what would.
    static func check(_ text: String, system: String, budget: Int) throws(BotError) {
        let left = max(0, budget - cost(system) - TokenEstimate.perMessage)
        guard TokenEstimate.of(text) > left else { return }
        throw .textTooLong(ByteCount(text.utf8.count), limit: ByteCount(left * 4))
    }

    private static func cost(_ text: String) -> Int {
        TokenEstimate.of(text) + TokenEstimate.perMessage
    }

    private static func message(_ role: String, _ text: String) -> [UInt8] {
        Array(#"{"role":"\#(role)","content":"#.utf8) + JSON.quote(text) + [UInt8(ascii: "}")]
    }
}
