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
        for name in chunk.names where name != "choices" && name != "usage" && chunk.has(name) {
            if let value = chunk.value(name) { size += rest.set(name, .other(Array(value))) }
        }
        for (place, range) in (chunk.elements("choices") ?? []).enumerated() {
            guard let choice = chunk.object(at: range) else { continue }
            let index = AnswerEnds.index(of: choice, at: place)
            if index == 0 { mergePending() }
            merge(JSONTree(choice), at: index)
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
        for (name, value) in members where name != "index" {
            guard name == "delta" else {
                whole.set(name, value)
                continue
            }
            _ = message.merge(value)
        }
        message.removeIndexes(of: "tool_calls")
        whole.set("message", message)
        return whole
    }
}

/// A JSON value whose texts and lists can grow.
indirect enum JSONTree {
    /// A string, with its quotes.
    case text([UInt8])
    case list([JSONTree])
    case object([(name: String, value: JSONTree)])
    /// Any other value.
    case other([UInt8])

    /// The members whose text is a name and does not grow.
    private static let names: Set = ["id", "type", "role", "name", "object", "format", "signature"]

    /// Reads an object.
    init(_ object: JSONObject) {
        self = .object(
            object.names.compactMap { name in
                object.value(name).map { (name, JSONTree.of($0, name, object)) }
            }
        )
    }

    private static func of(
        _ value: ArraySlice<UInt8>,
        _ name: String,
        _ holder: JSONObject
    ) -> JSONTree {
        switch value.first {
        case UInt8(ascii: "\""): return .text(Array(value))
        case UInt8(ascii: "{"):
            return holder.object(name).map { JSONTree($0) } ?? .other(Array(value))
        case UInt8(ascii: "["):
            guard let elements = holder.elements(name) else { return .other(Array(value)) }
            return .list(
                elements.map { range in
                    holder.object(at: range).map { JSONTree($0) }
                        ?? .other(Array(holder.bytes[range]))
                }
            )
        default: return .other(Array(value))
        }
    }

    /// About the bytes that a value takes in memory.
    private var weight: Int {
        switch self {
        case .text(let bytes), .other(let bytes): bytes.count + JSONTree.overhead
        case .list(let list): list.reduce(JSONTree.overhead) { $0 + $1.weight }
        case .object(let members):
            members.reduce(JSONTree.overhead) { $0 + $1.name.utf8.count + $1.value.weight }
        }
    }

    /// The memory of a value beside its bytes.
    private static let overhead = 64

    /// Adds what a later chunk has.
    ///
    /// - Returns: about the bytes by which it grows.
    mutating func merge(_ other: JSONTree, named name: String = "") -> Int {
        switch (self, other) {
        case (_, .other(let bytes)) where bytes.elementsEqual("null".utf8): return 0
        case (.text(var text), .text(let more)) where !JSONTree.names.contains(name):
            self = .other([])  // so that the text is not copied
            text.removeLast()
            text += more.dropFirst()
            self = .text(text)
            return more.count - 2
        case (.text(let text), .text(let more)):
            guard more.count > 2 else { return 0 }
            self = other
            return more.count - text.count
        case (.object, .object(let members)):
            return members.reduce(0) { $0 + mergeMember($1.name, $1.value) }
        case (.list(var list), .list(let more)):
            self = .other([])
            var growth = 0
            for element in more {
                if let index = element.index,
                    let place = list.firstIndex(where: { $0.index == index })
                {
                    growth += list[place].merge(element)
                } else {
                    list.append(element)
                    growth += element.weight
                }
            }
            self = .list(list)
            return growth
        case (.other(let old), _):
            self = other
            return weight - old.count - JSONTree.overhead
        default: return 0  // a value of another type adds nothing
        }
    }

    private mutating func mergeMember(_ name: String, _ value: JSONTree) -> Int {
        guard case .object(var members) = self else { return 0 }
        self = .other([])
        defer { self = .object(members) }
        if let place = members.firstIndex(where: { $0.name == name }) {
            return members[place].value.merge(value, named: name)
        }
        members.append((name, value))
        return name.utf8.count + value.weight
    }

    /// Sets a member of an object.
    ///
    /// - Returns: about the bytes by which it grows.
    @discardableResult
    mutating func set(_ name: String, _ value: JSONTree) -> Int {
        guard case .object(var members) = self else { return 0 }
        let old = members.first { $0.name == name }.map { $0.name.utf8.count + $0.value.weight }
        members.removeAll { $0.name == name }
        members.append((name, value))
        self = .object(members)
        return name.utf8.count + value.weight - (old ?? 0)
    }

    /// Removes the member `index` of each element of a list, which only chunks have.
    mutating func removeIndexes(of name: String) {
        guard case .object(var members) = self,
            let place = members.firstIndex(where: { $0.name == name }),
            case .list(let list) = members[place].value
        else { return }
        members[place].value = .list(
            list.map { element in
                guard case .object(let members) = element else { return element }
                return .object(members.filter { $0.name != "index" })
            }
        )
        self = .object(members)
    }

    /// The value of a member `index`.
    private var index: [UInt8]? {
        guard case .object(let members) = self,
            case .other(let bytes) = members.first(where: { $0.name == "index" })?.value
        else { return nil }
        return bytes
    }

    /// The value as JSON.
    var bytes: [UInt8] {
        var out: [UInt8] = []
        write(to: &out)
        return out
    }

    private func write(to out: inout [UInt8]) {
        switch self {
        case .text(let bytes), .other(let bytes): out += bytes
        case .list(let list):
            out.append(UInt8(ascii: "["))
            for (place, element) in list.enumerated() {
                if place > 0 { out.append(UInt8(ascii: ",")) }
                element.write(to: &out)
            }
            out.append(UInt8(ascii: "]"))
        case .object(let members):
            out.append(UInt8(ascii: "{"))
            for (place, member) in members.enumerated() {
                if place > 0 { out.append(UInt8(ascii: ",")) }
                out += JSON.quote(member.name)
                out.append(UInt8(ascii: ":"))
                member.value.write(to: &out)
            }
            out.append(UInt8(ascii: "}"))
        }
    }
}
