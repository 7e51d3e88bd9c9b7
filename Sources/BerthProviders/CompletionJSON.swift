import BerthText

/// Answers in OpenAI's format, for providers with another API and for the OpenAI-compatible API.
package enum CompletionJSON {
    /// The id, the time and the model of an answer.
    package struct Identity: Sendable {
        /// The object's start, up to the value of `object`.
        fileprivate let head: [UInt8]
        /// The members after it, each with a comma before it.
        fileprivate let rest: [UInt8]

        /// Names an answer; `created` is in seconds since 1970.
        package init(id: String, created: Int64, model: String) {
            var (head, rest): ([UInt8], [UInt8]) = ([], [])
            head.reserveCapacity(id.utf8.count + 24)
            head += #"{"id":"#.utf8
            JSON.quote(id, onto: &head)
            head += #","object":"#.utf8
            rest.reserveCapacity(model.utf8.count + 48)
            rest += #","created":"#.utf8
            rest += String(created).utf8
            rest += #","model":"#.utf8
            JSON.quote(model, onto: &rest)
            (self.head, self.rest) = (head, rest)
        }

        /// An empty id and model, for an answer that its caller names.
        package static let none = Identity(id: "", created: 0, model: "")
    }

    /// Returns an unstreamed answer.
    ///
    /// `details` is a `usage` object that replaces the one made of `usage`.
    package static func completion(
        text: String,
        finish: String,
        usage: TokenUsage,
        details: [UInt8]? = nil,
        as identity: Identity = .none
    ) -> [UInt8] {
        var out = start(room: text.utf8.count, as: identity)
        beginChoice(&out)
        JSON.quote(text, onto: &out)
        end(&out, finish: finish, usage: details ?? Array(json(usage).utf8))
        return out
    }

    /// Returns an unstreamed answer made of JSON values.
    ///
    /// - Parameters:
    ///   - content: the text as a JSON string, or `null`.
    ///   - calls: tool calls made by ``toolCall(id:name:arguments:index:)``.
    ///   - notes: the reasoning as a JSON string, and the annotations as JSON objects.
    ///   - finish: the finish reason.
    ///   - usage: the usage; nil if the provider reported none.
    ///   - identity: the answer's id, time and model.
    /// - Returns: the object.
    package static func completion(
        content: [UInt8],
        calls: [[UInt8]] = [],
        notes: (reasoning: [UInt8]?, annotations: [[UInt8]]) = (nil, []),
        finish: String,
        usage: TokenUsage?,
        as identity: Identity = .none
    ) -> [UInt8] {
        var out = start(room: content.count, as: identity)
        beginChoice(&out)
        out += content
        let said = usage.map { Array(json($0).utf8) }
        end(&out, calls: calls, notes: notes, finish: finish, usage: said ?? Array("null".utf8))
        return out
    }

    /// Returns an unstreamed answer whose members are those of `object`, a JSON object that has
    /// other members than an identity's, and at least one.
    package static func completion(
        _ object: ArraySlice<UInt8>,
        as identity: Identity
    ) -> [UInt8] {
        var out = start(room: object.count, as: identity)
        out.append(UInt8(ascii: ","))
        out += object.dropFirst()
        return out
    }

    /// An unstreamed answer's identity, with room for `count` bytes and what surrounds a text.
    private static func start(room count: Int, as identity: Identity) -> [UInt8] {
        var out: [UInt8] = []
        out.reserveCapacity(count + identity.head.count + identity.rest.count + 256)
        out += identity.head
        out += #""chat.completion""#.utf8
        out += identity.rest
        return out
    }

    /// Adds the start of an unstreamed answer's only choice, up to its content.
    private static func beginChoice(_ out: inout [UInt8]) {
        out += #","choices":[{"index":0,"message":{"role":"assistant","content":"#.utf8
    }

    /// Adds the rest of an unstreamed answer behind its content.
    private static func end(
        _ out: inout [UInt8],
        calls: [[UInt8]] = [],
        notes: (reasoning: [UInt8]?, annotations: [[UInt8]]) = (nil, []),
        finish: String,
        usage: [UInt8]
    ) {
        out += #","refusal":null"#.utf8
        if let reasoning = notes.reasoning {
            out += #","reasoning_content":"#.utf8
            out += reasoning
        }
        if !notes.annotations.isEmpty {
            out += #","annotations":["#.utf8
            out += notes.annotations.joined(separator: [UInt8(ascii: ",")])
            out += "]".utf8
        }
        if !calls.isEmpty {
            out += #","tool_calls":["#.utf8
            out += calls.joined(separator: [UInt8(ascii: ",")])
            out += "]".utf8
        }
        out += #"},"logprobs":null,"finish_reason":"#.utf8
        JSON.quote(finish, onto: &out)
        out += #"}],"usage":"#.utf8
        out += usage
        out += "}".utf8
    }

    /// Returns a tool call made of JSON strings.
    ///
    /// In a stream it is the start of the call, and `index` is its index among the stream's calls.
    package static func toolCall(
        id: ArraySlice<UInt8>,
        name: ArraySlice<UInt8>,
        arguments: [UInt8],
        index: Int? = nil
    ) -> [UInt8] {
        var out = Array("{".utf8)
        if let index { out += #""index":\#(index),"#.utf8 }
        out += #""id":"#.utf8
        out += id
        out += #","type":"function","function":{"name":"#.utf8
        out += name
        out += #","arguments":"#.utf8
        out += arguments
        out += "}}".utf8
        return out
    }

    /// Returns a chunk that begins a tool call made by ``toolCall(id:name:arguments:index:)``.
    package static func chunk(call: [UInt8]) -> [UInt8] {
        chunk(delta: #"{"tool_calls":["#, call[...], "]}")
    }

    /// Returns a chunk that adds `arguments`, a JSON string, to a stream's tool call.
    package static func chunk(arguments: ArraySlice<UInt8>, index: Int) -> [UInt8] {
        chunk(
            delta: #"{"tool_calls":[{"index":\#(index),"function":{"arguments":"#,
            arguments,
            "}}]}"
        )
    }

    /// Returns a chunk that adds `value`, which is JSON, to a member of the message.
    static func chunk(member name: String, _ value: ArraySlice<UInt8>) -> [UInt8] {
        chunk(delta: #"{"\#(name)":"#, value, "}")
    }

    private static func chunk(
        delta head: String,
        _ value: ArraySlice<UInt8>,
        _ tail: String,
        as identity: Identity = .none,
        _ usage: Usage = .absent
    ) -> [UInt8] {
        var choices = Array(#"[{"index":0,"delta":"#.utf8)
        choices += head.utf8
        choices += value
        choices += tail.utf8
        choices += #","finish_reason":null}]"#.utf8
        return chunk(choices, as: identity, usage)
    }

    /// The `usage` member of a chunk.
    package enum Usage: Sendable {
        case absent
        case null
        /// The member's value, as JSON.
        case value([UInt8])
    }

    /// Returns a chunk that adds `delta` to the text.
    ///
    /// The first one of a stream has the role.
    package static func chunk(
        delta: String,
        isFirst: Bool = false,
        as identity: Identity = .none,
        _ usage: Usage = .absent
    ) -> [UInt8] {
        var out: [UInt8] = []
        addChunk(delta: delta, isFirst: isFirst, as: identity, usage, to: &out)
        return out
    }

    /// Appends a chunk that adds `delta` to the text.
    ///
    /// The first one of a stream has the role.
    package static func addChunk(
        delta: String,
        isFirst: Bool,
        as identity: Identity,
        _ usage: Usage,
        to out: inout [UInt8]
    ) {
        begin(&out, room: delta.utf8.count + 96, as: identity)
        out += #"[{"index":0,"delta":"#.utf8
        if isFirst {
            out += #"{"role":"assistant","content":"#.utf8
        } else {
            out += #"{"content":"#.utf8
        }
        JSON.quote(delta, onto: &out)
        out += #"},"finish_reason":null}]"#.utf8
        end(&out, usage)
    }

    /// Returns the chunk that ends the text.
    package static func chunk(
        finish: String,
        as identity: Identity = .none,
        _ usage: Usage = .absent
    ) -> [UInt8] {
        let reason = JSON.quote(finish)
        let choices = Array(#"[{"index":0,"delta":{},"finish_reason":"#.utf8) + reason
        return chunk(choices + Array("}]".utf8), as: identity, usage)
    }

    /// Returns the chunk that contains only the usage.
    package static func chunk(usage: TokenUsage, as identity: Identity = .none) -> [UInt8] {
        chunk(usage: Array(json(usage).utf8), as: identity)
    }

    /// Returns the chunk that contains only a `usage` member with a provider's own value.
    package static func chunk(usage details: [UInt8], as identity: Identity) -> [UInt8] {
        chunk(Array("[]".utf8), as: identity, .value(details))
    }

    private static func chunk(
        _ choices: [UInt8],
        as identity: Identity,
        _ usage: Usage
    ) -> [UInt8] {
        var out: [UInt8] = []
        begin(&out, room: choices.count, as: identity)
        out += choices
        end(&out, usage)
        return out
    }

    /// Appends the start of a chunk up to its choices, which have `count` bytes.
    private static func begin(_ out: inout [UInt8], room count: Int, as identity: Identity) {
        // Room for twice as much leaves the growth of a row of chunks to the array.
        if out.isEmpty {
            out.reserveCapacity(2 * (count + identity.head.count + identity.rest.count + 128))
        }
        out += identity.head
        out += #""chat.completion.chunk""#.utf8
        out += identity.rest
        out += #","choices":"#.utf8
    }

    /// Appends the rest of a chunk behind its choices.
    private static func end(_ out: inout [UInt8], _ usage: Usage) {
        switch usage {
        case .absent: break
        case .null: out += #","usage":null"#.utf8
        case .value(let value):
            out += #","usage":"#.utf8
            out += value
        }
        out += "}".utf8
    }

    /// Returns the value of the `usage` member.
    package static func json(_ usage: TokenUsage) -> String {
        var text = #"{"prompt_tokens":"#
        text += String(usage.input)
        text += #","completion_tokens":"#
        text += String(usage.output)
        text += #","total_tokens":"#
        text += String(usage.input + usage.output)
        let cached = usage.cached
        if cached.all > 0 {
            text += #","prompt_tokens_details":{"cached_tokens":"#
            text += String(cached.read)
            text += #","cache_write_tokens":"#
            text += String(cached.written)
            text += "}"
        }
        if cached.writtenForHour > 0 {
            text += #","cache_creation":{"ephemeral_1h_input_tokens":"#
            text += String(cached.writtenForHour)
            text += "}"
        }
        text += "}"
        return text
    }
}
