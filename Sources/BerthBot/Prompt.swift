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
    /// The estimated tokens of its messages.
    let input: Int

    /// The public id of the newest earlier turn that it has no room for, or nil if it has room for all.
    let leftOut: String?
    /// Whether it has a summary of all that it has no room for.
    let isSummarized: Bool
    /// The bytes of exchanges that a usual prompt has room for, or nil if enough is free or summarized.
    let crowdedRoom: Int?

    /// The most bytes of earlier exchanges that a prompt repeats, even in a larger window.
    static let mostHistory = ByteCount.mebibytes(3)
    /// The bytes of earlier exchanges whose memory is leased with the message.
    ///
    /// A longer conversation leases more when it is read.
    static let usualHistory = ByteCount.kibibytes(64)
    /// The bytes of earlier exchanges for each token of the model's window.
    ///
    /// The estimate of four bytes is that of English. Code and other scripts have more tokens, and a
    /// prompt that fills the window by the estimate would be refused.
    static let bytesPerToken = 3
    /// The most memory of the session's window and the prompt built from it.
    ///
    /// The history is held as it is read and again as JSON, whose escapes rarely double it. It has at
    /// most ``usualHistory``.
    static func worstCase(_ question: Question) -> ByteCount {
        worstCase(question.text.utf8.count + question.system.utf8.count, question.isTranslation)
    }

    /// The most memory for a message that is not read yet, of `count` bytes with its instruction.
    static func worstCase(_ count: Int, _ isTranslation: Bool = false) -> ByteCount {
        ByteCount(3 * ((isTranslation ? 0 : usualHistory.bytes) + count))
    }

    /// The most exchanges that a prompt repeats.
    static let mostExchanges = 2_000

    /// The bytes of earlier exchanges that a model's window has room for, before a message.
    static func history(of model: ModelChoice) -> ByteCount {
        room(model.context - model.output)
    }

    static func room(_ tokens: Int) -> ByteCount {
        let most = mostHistory.bytes
        return ByteCount(min(max(0, min(tokens, most)) * bytesPerToken, most))
    }

    /// Builds the prompt, and leaves out the oldest exchanges that do not fit.
    ///
    /// A picture of an earlier exchange that is not in `pictures` is only named.
    ///
    /// - Parameters:
    ///   - question: the new question.
    ///   - window: the exchanges as the database gives them, or nil for none. A translation has none.
    ///   - pictures: the pictures of the new message or of an earlier one.
    ///   - budget: tokens for the whole prompt.
    /// - Throws: ``JSONError``, which valid text never causes.
    init(
        _ question: Question,
        window: SessionWindow? = nil,
        pictures: PromptPictures = PromptPictures(),
        budget: Int
    ) throws(JSONError) {
        let history = window?.exchanges ?? []
        let seen = pictures.parts.count * TokenEstimate.perPicture
        var (question, selection) = (question, ExchangeSelection(window))
        selection.fill(budget - seen, question)
        if let summary = window?.summary, selection.take(summary) {
            question.add(summary)
            selection.fill(budget - seen, question)
        }
        let (system, text, kept) = (question.system, question.text, history[..<selection.count])
        leftOut = selection.leftOut?.publicID
        isSummarized = selection.isSummarized
        crowdedRoom = selection.isCrowded ? selection.usualRoom : nil
        isContextFree = kept.isEmpty && pictures.parts.isEmpty && !question.isPersonal
        kind = question.kind
        var json = Array(#"{"messages":["#.utf8)
        json.reserveCapacity(pictures.count + 4096)
        func append(_ role: String, _ text: String, _ parts: [[UInt8]] = []) {
            if json.last == UInt8(ascii: "}") { json.append(UInt8(ascii: ",")) }
            Prompt.append(role, text, parts, to: &json)
        }
        if !system.isEmpty { append("system", system) }
        for exchange in kept.reversed() {
            let parts = exchange.turn == pictures.turn ? pictures.parts : []
            let named = exchange.inputs.count - parts.count
            append("user", Prompt.naming(named, before: exchange.text), parts)
            append("assistant", exchange.answer)
        }
        append("user", text, pictures.turn == nil ? pictures.parts : [])
        json += (question.isTranslation ? #"],"temperature":0}"# : "]}").utf8
        request = try JSONObject(json)
        input = TokenEstimate.input(of: request)
    }

    /// A message's text after words for `count` pictures that are not sent.
    private static func naming(_ count: Int, before text: String) -> String {
        guard count > 0 else { return text }
        let words = Array(repeating: PromptPictures.word, count: count).joined(separator: " ")
        return text.isEmpty ? words : "\(words) \(text)"
    }

    /// Builds the prompt, off the loop if it is large.
    ///
    /// The parameters are those of ``init(_:window:pictures:budget:)``.
    ///
    /// - Throws: ``BotError/body(_:)``.
    static func of(
        _ question: Question,
        window: SessionWindow? = nil,
        pictures: PromptPictures = PromptPictures(),
        budget: Int
    ) async throws(BotError) -> Prompt {
        let own = question.system.utf8.count + question.text.utf8.count + pictures.count
        let size = (window?.exchanges ?? []).reduce(own) {
            $0 + $1.text.utf8.count + $1.answer.utf8.count
        }
        do throws(JSONError) {
            return try await LargeWork.run(on: size) { () throws(JSONError) in
                try Prompt(question, window: window, pictures: pictures, budget: budget)
            }
        } catch { throw .body(error.description) }
    }

    /// Checks that a message, its instruction and its pictures fit into the model's window.
    ///
    /// A translation is about as long as its text, so its text must also fit into the model's
    /// output.
    ///
    /// - Throws: ``BotError/textTooLong(_:limit:)`` with the size that would fit, and
    ///   ``BotError/tooManyPicturesForModel(_:_:limit:)``.
    static func check(
        _ question: Question,
        _ pictures: Int = 0,
        for model: ModelChoice
    ) throws(BotError) {
        let budget = model.context - model.output
        var left = max(0, budget - cost(question.system) - TokenEstimate.perMessage)
        let seen = pictures * TokenEstimate.perPicture
        if seen > 0, seen >= left {
            let limit = left / TokenEstimate.perPicture
            throw .tooManyPicturesForModel(model.id, pictures, limit: limit)
        }
        left -= seen
        if question.isTranslation { left = min(left, model.output) }
        guard TokenEstimate.of(question.text) > left else { return }
        throw .textTooLong(ByteCount(question.text.utf8.count), limit: ByteCount(left * 4))
    }

    static func cost(_ text: String) -> Int {
        TokenEstimate.of(text) + TokenEstimate.perMessage
    }

    /// Appends a message, with its pictures before its text as Anthropic advises.
    private static func append(
        _ role: String,
        _ text: String,
        _ parts: [[UInt8]],
        to json: inout [UInt8]
    ) {
        json += #"{"role":"\#(role)","content":"#.utf8
        if parts.isEmpty {
            json += JSON.quote(text)
        } else {
            for (index, part) in parts.enumerated() {
                json += (index == 0 ? "[" : ",").utf8
                json += part
            }
            if !text.isEmpty {
                json += #",{"type":"text","text":"#.utf8
                json += JSON.quote(text)
                json.append(UInt8(ascii: "}"))
            }
            json.append(UInt8(ascii: "]"))
        }
        json.append(UInt8(ascii: "}"))
    }

    /// Whether the model begins to see less of a conversation than before, or a summary of the rest.
    func changesMemory(after window: SessionWindow) -> Bool {
        leftOut != nil && (!window.hadLeftOut || isSummarized && !window.hadSummary)
    }
}
