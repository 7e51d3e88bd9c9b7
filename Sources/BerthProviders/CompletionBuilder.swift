import BerthText

/// Builds a whole answer from the chunks of a stream.
///
/// Texts are joined, lists are continued, and objects are merged member by member, so nothing that
/// a chunk has is lost. The chunks must be in OpenAI's form, as ``OpenAIChunks`` makes them.
package struct CompletionBuilder: Sendable {
    private var choices: [Int: JSONTree] = [:]
    private var rest: JSONTree = .object([])
    /// The first choice's text that is not merged yet, in UTF-8.
    private var pending: [UInt8] = []
    /// The bytes that the builder holds.
    private(set) package var size = 0
    /// Whether a chunk had more than text and an end.
    private(set) package var isMoreThanText = false
    /// The provider's own `usage` object, or nil if it sent none.
    private(set) package var details: [UInt8]?

    /// Makes a builder without an answer.
    package init() {}

    /// The answer's text in UTF-8, or nil if it has more than text and an end.
    package var text: [UInt8]? { isMoreThanText ? nil : pending }

    /// Adds a piece of an answer.
    package mutating func add(_ piece: AnswerPiece) {
        switch piece {
        case .text(let text):
            size += text.utf8.count
            pending += Array(text.utf8)
        case .finish(let reason):
            merge(.object([("finish_reason", .other(JSON.quote(reason)))]), at: 0)
        case .toolCall(let raw), .raw(let raw):
            isMoreThanText = true
            add(raw.chunk)
        case .usage(_, let details):
            guard let details else { return }
            size += details.count - (self.details?.count ?? 0)
            self.details = details
        case .whole: break
        }
    }

    private mutating func add(_ chunk: JSONObject) {
        var members: [JSONTree.Member] = []
        chunk.each { name, value in
            let name = String(decoding: name, as: UTF8.self)
            guard name != "choices", name != "usage", value.first != UInt8(ascii: "n") else {
                return
            }
            members.append((name, .other(Array(value))))
        }
        size += rest.set(members)
        for (place, range) in (chunk.elements("choices") ?? []).enumerated() {
            guard let choice = chunk.object(at: range) else { continue }
            let index = AnswerEnds.index(of: choice, at: place)
            if index == 0 { mergePending() }
            var tree = JSONTree(choice)
            // A delta of another type, such as an empty list, would keep out the next one.
            if choice.object("delta") == nil { tree.remove("delta") }
            merge(tree, at: index)
        }
    }

    /// Merges the text so far, which is quoted only once.
    private mutating func mergePending() {
        guard !pending.isEmpty else { return }
        let text = JSONTree.text(JSON.quote(String(decoding: pending, as: UTF8.self)))
        size -= pending.count
        pending = []
        merge(.object([("delta", .object([("content", text)]))]), at: 0)
    }

    private mutating func merge(_ choice: JSONTree, at index: Int) {
        guard choices.count < 128 || choices[index] != nil else { return }
        size += choices[index, default: .object([])].merge(choice)
    }

    /// The answer as a `chat.completion`, or nil if there is no choice.
    package var completion: [UInt8]? {
        var merged = self
        merged.mergePending()
        guard !merged.choices.isEmpty else { return nil }
        var answer = rest
        answer.set("object", .other(JSON.quote("chat.completion")))
        if let details { answer.set("usage", .other(details)) }
        let list = merged.choices.sorted { $0.key < $1.key }.map { index, choice in
            CompletionBuilder.whole(choice, at: index)
        }
        answer.set("choices", .list(list))
        return answer.bytes
    }

    /// The answer with a usage that the provider's own format has, or nil if there is no choice.
    func completion(usage: TokenUsage?) -> [UInt8]? {
        var builder = self
        if let usage { builder.details = Array(CompletionJSON.json(usage).utf8) }
        return builder.completion
    }

    private static func whole(_ choice: JSONTree, at index: Int) -> JSONTree {
        var whole = JSONTree.object([("index", .other(Array("\(index)".utf8)))])
        var message = JSONTree.object([
            ("role", .text(JSON.quote("assistant"))), ("content", .other(Array("null".utf8))),
        ])
        guard case .object(let members) = choice else { return whole }
        whole.set(members.filter { $0.name != "index" && $0.name != "delta" })
        for member in members where member.name == "delta" { message.merge(member.value) }
        message.removeIndexes(of: "tool_calls")
        whole.set("message", message)
        return whole
    }
}
