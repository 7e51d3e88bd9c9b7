package import BerthText

/// The reader of the chunks of one answer in OpenAI's format and its dialects.
///
/// A chunk in OpenAI's own form is passed on as it came. Any other is brought into that form first:
/// `message` or `text` in place of `delta`, content as a list of parts, halves of a character in
/// two chunks, tool calls without an index or with arguments that are no text, other finish
/// reasons.
package struct OpenAIChunks {
    /// The halves of characters that the last texts ended with, by choice and member.
    private var halves: [Place: [UInt8]] = [:]
    /// Whether the answer so far is whole.
    var ends = AnswerEnds()

    /// A member of a choice whose text goes on from chunk to chunk.
    private struct Place: Hashable, Comparable {
        let index: Int
        let member: String

        static func < (one: Place, other: Place) -> Bool {
            (one.index, one.member) < (other.index, other.member)
        }
    }

    private static let texts = ["content", "reasoning_content", "reasoning"]
    /// The members of a message that clients know by one type, and the first byte of its values.
    ///
    /// A value of another type is passed on as null.
    private static let types = [("refusal", "\""), ("tool_calls", "["), ("function_call", "{")]

    /// Makes a reader at an answer's start.
    package init() {}

    /// The pieces that one chunk or whole answer carries, in order.
    ///
    /// A chunk that says nothing has none.
    package mutating func pieces(of chunk: JSONObject) -> [AnswerPiece] {
        let choices = chunk.elements("choices") ?? []
        let choice = choices.lazy.compactMap { chunk.object(at: $0) }.first
        var pieces: [AnswerPiece] = []
        if let choice {
            let isAlone =
                choices.count == 1 && !chunk.has("citations")
                && !chunk.has("search_results")
            pieces = (isAlone ? plain(choice) : nil) ?? raw(chunk, choices)
        }
        guard let usage = OpenAIWire.usageObject(of: chunk) else { return pieces }
        // The provider has counted the halves too, so they are told before its count.
        if ends.areClosed { pieces += rest() }
        if let tokens = OpenAIWire.usage(usage) {
            pieces.append(.usage(tokens, details: Array(usage.text)))
        } else if let bill = ProviderBill.micros(in: usage) {
            let unknown = TokenUsage(input: 0, output: 0, isEstimated: true, bill: bill)
            pieces.append(.usage(unknown, details: nil))
        }
        return pieces
    }

    /// The pieces that the end of the stream completes: halves of characters that nothing follows.
    package mutating func rest() -> [AnswerPiece] {
        let left = halves.sorted { $0.key < $1.key }
        halves = [:]
        return left.flatMap { place, half in
            let delta = #""delta":{"\#(place.member)":""# + String(decoding: half, as: UTF8.self)
            let chunk = #"{"choices":[{"index":\#(place.index),\#(delta)"}}]}"#
            let object = try? JSONObject(answer: Array(chunk.utf8))
            return object.map { [rawPiece(of: $0)] } ?? []
        }
    }

    /// The pieces of a choice that has nothing but text, its role and its end; nil for any other.
    private mutating func plain(_ choice: JSONObject, isMended: Bool = false) -> [AnswerPiece]? {
        guard halves.isEmpty || isMended, choice.hasOnly(["index", "delta", "finish_reason"]),
            AnswerEnds.index(of: choice, at: 0) == 0
        else { return nil }
        var pieces: [AnswerPiece] = []
        if let delta = choice.object("delta") {
            guard delta.hasOnly(["role", "content"]) else { return nil }
            if let content = delta.value("content"), !content.elementsEqual("null".utf8) {
                guard content.first == UInt8(ascii: "\""), JSONObject.half(endOf: content) == nil
                else { return nil }
                let text = JSONObject.text(content)
                if !text.isEmpty { pieces.append(.text(text)) }
            }
        } else if choice.has("delta") {
            return nil
        }
        let reason = FinishReason(choice.string("finish_reason"))
        ends.note(0, reason, hasWords: !pieces.isEmpty)
        if case .known(let reason) = reason { pieces.append(.finish(reason)) }
        return pieces
    }

    /// The piece of any other chunk.
    private mutating func raw(_ chunk: JSONObject, _ choices: [Range<Int>]) -> [AnswerPiece] {
        let chunk = mended(chunk, choices, into: "delta")
        let list = (chunk.elements("choices") ?? []).map { chunk.object(at: $0) }
        // Mending may have left nothing but text.
        if list.count == 1, !chunk.has("citations"), !chunk.has("search_results"),
            let choice = list[0], let plain = plain(choice, isMended: true)
        {
            return plain
        }
        return [rawPiece(of: chunk)]
    }

    /// The piece of a chunk in OpenAI's form.
    ///
    /// A provider may send several choices though one was asked for. They stay apart.
    private mutating func rawPiece(of chunk: JSONObject) -> AnswerPiece {
        var (words, finish, others) = (AnswerWords(nil, of: chunk), String?.none, 0)
        for (place, range) in (chunk.elements("choices") ?? []).enumerated() {
            guard let choice = chunk.object(at: range) else { continue }
            let index = AnswerEnds.index(of: choice, at: place)
            let said = AnswerWords(choice.object("delta"), of: chunk)
            let reason = FinishReason(choice.string("finish_reason"))
            ends.note(index, reason, hasWords: said.isSomething)
            guard index == 0 else {
                others += said.size
                continue
            }
            words.add(said)
            if case .known(let word) = reason { finish = word }
        }
        var raw = RawPiece(
            chunk: chunk,
            text: words.text,
            finish: finish,
            reasoning: words.reasoning,
            links: words.links,
            isRefusal: words.isRefusal
        )
        raw.others = others
        return words.isCall ? .toolCall(raw) : .raw(raw)
    }

    // MARK: Mending

    /// Brings a whole answer into OpenAI's form.
    static func mended(whole answer: JSONObject) -> JSONObject {
        var chunks = OpenAIChunks()
        return chunks.mended(answer, answer.elements("choices") ?? [], into: "message")
    }

    private mutating func mended(
        _ chunk: JSONObject,
        _ choices: [Range<Int>],
        into name: String
    ) -> JSONObject {
        var list: [[UInt8]] = []
        var isMended = false
        for (index, range) in choices.enumerated() {
            guard let choice = chunk.object(at: range) else {
                isMended = true
                continue
            }
            let mended = mend(choice, at: index, into: name)
            isMended = isMended || mended != nil
            list.append(mended ?? Array(choice.text))
        }
        guard isMended else { return chunk }
        let joined = Array("[".utf8) + list.joined(separator: [UInt8(ascii: ",")]) + Array("]".utf8)
        return (try? JSONObject(answer: chunk.setting(["choices": joined]))) ?? chunk
    }

    /// Returns a choice in OpenAI's form, or nil if it has that form.
    ///
    /// A `delta` or `message` of another type than an object becomes an empty object.
    private mutating func mend(
        _ choice: JSONObject,
        at place: Int,
        into name: String
    ) -> [UInt8]? {
        let other = name == "delta" ? "message" : "delta"
        let index = AnswerEnds.index(of: choice, at: place)
        let own = choice.object(name)
        let said = own ?? choice.object(other) ?? textAlone(choice)
        var changes: [(String, [UInt8]?)] = []
        if choice.integer("index") != index { changes.append(("index", Array("\(index)".utf8))) }
        if own == nil { changes.append((other, nil)) }
        if own == nil, choice.isString("text") { changes.append(("text", nil)) }
        let mended = said.flatMap { mendedMessage($0, of: index, isDelta: name == "delta") }
        if let mended {
            changes.append((name, mended))
        } else if own == nil {
            changes.append((name, said.map { Array($0.text) } ?? Array("{}".utf8)))
        }
        let word = choice.string("finish_reason")?.cut(toBytes: 64)
        if case .known(let reason) = FinishReason(word), reason != word {
            changes.append(("finish_reason", JSON.quote(reason)))
        }
        return changes.isEmpty ? nil : choice.setting(changes)
    }

    /// A completion of the older API has a `text`.
    private func textAlone(_ choice: JSONObject) -> JSONObject? {
        guard choice.isString("text"), let text = choice.value("text") else { return nil }
        return try? JSONObject(Array(#"{"content":"#.utf8) + text + Array("}".utf8))
    }

    private mutating func mendedMessage(
        _ message: JSONObject,
        of index: Int,
        isDelta: Bool
    ) -> [UInt8]? {
        var changes: [(String, [UInt8]?)] = []
        for (name, starts) in OpenAIChunks.types {
            guard message.has(name), let first = message.value(name)?.first else { continue }
            if !starts.utf8.contains(first) { changes.append((name, Array("null".utf8))) }
        }
        if message.has("content"), !message.isString("content") {
            changes += ContentParts(of: message).members
        }
        for name in OpenAIChunks.texts where message.isString(name) {
            guard let text = message.value(name), isDelta else { continue }
            let place = Place(index: index, member: name)
            if let joined = joined(text, at: place) { changes.append((name, joined)) }
        }
        if let calls = ToolCallList.mended(message, isDelta: isDelta) {
            changes.append(("tool_calls", calls))
        }
        return changes.isEmpty ? nil : message.setting(changes)
    }

    /// Joins a text with the half of a character that the last one ended with, and keeps the half
    /// that it ends with.
    ///
    /// - Returns: nil if the text is complete as it is.
    private mutating func joined(_ quoted: ArraySlice<UInt8>, at place: Place) -> [UInt8]? {
        let (before, half) = (halves[place], JSONObject.half(endOf: quoted))
        // An empty text between the halves of a character leaves them to each other.
        guard quoted.count > 2, before != nil || half != nil else { return nil }
        halves[place] = half.map(Array.init)
        let quote = UInt8(ascii: "\"")
        let inner = quoted.dropFirst().dropLast(half == nil ? 1 : 7)
        return [quote] + (before ?? []) + inner + [quote]
    }
}

/// The words of a chunk's or an answer's first choice.
struct AnswerWords {
    /// The text, or else the words with which the model refuses.
    private(set) var text = ""
    private(set) var reasoning = ""
    private(set) var links: [SourceLink] = []
    private(set) var isRefusal = false
    /// Whether it calls a tool.
    private(set) var isCall = false
    /// Whether it has anything that a client or a user can use, such as audio.
    private(set) var isSomething = false

    private static let plain = [
        "role", "content", "refusal", "reasoning", "reasoning_content", "tool_calls", "name",
    ]
    private static let empty = ["null", #""""#, "[]", "{}", "false"].map { Array($0.utf8) }

    /// Reads the `delta` of a chunk or the `message` of an answer, and the sources beside it.
    init(_ message: JSONObject?, of object: JSONObject) {
        links = SourceLink.all(in: object, message)
        guard let message else { return }
        text = message.string("content") ?? ""
        if text.isEmpty, let refusal = message.string("refusal"), !refusal.isEmpty {
            (text, isRefusal) = (refusal, true)
        }
        reasoning = AnswerWords.reasoning(of: message)
        isCall = (message.elements("tool_calls")?.isEmpty == false) || message.has("function_call")
        let others =
            !message.hasOnly(AnswerWords.plain)
            && message.contains { name, value in
                !AnswerWords.plain.contains { name.elementsEqual($0.utf8) }
                    && !AnswerWords.empty.contains { value.elementsEqual($0) }
            }
        isSomething = !text.isEmpty || !reasoning.isEmpty || isCall || others
    }

    /// The bytes of the text and the reasoning.
    var size: Int { text.utf8.count + reasoning.utf8.count }

    /// Adds the words of the same choice at another place of the chunk.
    mutating func add(_ other: AnswerWords) {
        text += other.text
        reasoning += other.reasoning
        links += other.links.filter { link in !links.contains { $0.leads(to: link) } }
        isRefusal = isRefusal || other.isRefusal
        isCall = isCall || other.isCall
        isSomething = isSomething || other.isSomething
    }

    /// The reasoning, under whichever of its names it comes.
    ///
    /// DeepSeek, xAI and llama.cpp have `reasoning_content`; OpenRouter, Groq, Ollama and vLLM have
    /// `reasoning`. OpenRouter repeats it in `reasoning_details`.
    private static func reasoning(of message: JSONObject) -> String {
        for name in [
            "reasoning_content", "reasoning", "thinking", "reasoning_text", "reasoning_details",
        ] where message.has(name) {
            let text = message.string(name) ?? parts(of: message, name)
            if !text.isEmpty { return text }
        }
        return ""
    }

    /// The words of a member that is an object or a list of objects.
    private static func parts(of message: JSONObject, _ name: String) -> String {
        let whole = message.value(name).map { [$0.indices] } ?? []
        var text = ""
        for range in (message.elements(name) ?? whole).prefix(64) {
            let part = message.object(at: range)
            text +=
                ["text", "summary", "content", "thinking"].lazy
                .compactMap { part?.string($0) }.first ?? ""
        }
        return text
    }
}
