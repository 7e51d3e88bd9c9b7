import BerthHTTP
import BerthLoop
import BerthText

/// Validation of requests by the rules of Anthropic's API of 2026-10-21.
enum FakeAnthropicCheck {
    /// A rule that the request breaks, in the API's format: the field, then the reason.
    struct Fault: Error {
        let message: String

        init(_ message: String) { self.message = message }
    }

    /// Returns the API key from `x-api-key` or from a bearer token; empty if there is neither.
    @Loop static func key(of request: HTTPRequest) -> String {
        if let key = request.headers["x-api-key"] { return key }
        let bearer = request.headers["authorization"] ?? ""
        return bearer.hasPrefix("Bearer ") ? String(bearer.dropFirst(7)) : ""
    }

    /// Returns the error response to a request without a key or a known version; nil if it has
    /// both.
    @Loop static func refusal(of request: HTTPRequest) -> HTTPResponse? {
        guard !key(of: request).isEmpty else {
            return FakeAnthropic.error(401, "authentication_error", "x-api-key header is required")
        }
        guard ["2023-06-01", "2026-10-21"].contains(request.headers["anthropic-version"] ?? "")
        else {
            return FakeAnthropic.error(
                400,
                "invalid_request_error",
                "anthropic-version: header is required"
            )
        }
        return nil
    }

    /// Validates a request's body.
    static func check(_ object: JSONObject) throws(Fault) {
        try checkNames(object)
        guard object.string("model")?.isEmpty == false else { throw Fault("model: Field required") }
        guard let most = object.integer("max_tokens"), most >= 1 else {
            throw Fault("max_tokens: Field required")
        }
        for system in object.elements("system") ?? [] {
            try checkText(object.object(at: system), "system")
        }
        let tools = object.elements("tools") ?? []
        for (index, tool) in tools.enumerated() {
            try checkTool(object.object(at: tool), "tools.\(index)")
        }
        guard !tools.isEmpty || !object.has("tool_choice") else {
            throw Fault("tool_choice: may only be specified while providing tools")
        }
        if let type = object.object("tool_choice")?.string("type"),
            !["auto", "any", "tool", "none"].contains(type)
        {
            throw Fault("tool_choice.type: Input should be 'auto', 'any', 'tool' or 'none'")
        }
        for stop in object.elements("stop_sequences") ?? [] {
            guard object.bytes[stop.lowerBound] == 0x22 else {
                throw Fault("stop_sequences: Input should be a valid string")
            }
            guard !JSONObject.isBlank(object.bytes[stop]) else {
                throw Fault("stop_sequences: each stop sequence must contain non-whitespace")
            }
        }
        let messages = (object.elements("messages") ?? []).map { object.object(at: $0) }
        try checkMessages(messages)
        try checkTools(of: messages, areDefined: !tools.isEmpty)
        let text = String(decoding: object.text, as: UTF8.self)
        guard text.split(separator: "\"cache_control\"").count <= 5 else {
            throw Fault("A maximum of 4 blocks with cache_control may be provided")
        }
    }

    private static func checkNames(_ object: JSONObject) throws(Fault) {
        for name in ["temperature", "top_p", "top_k"] where object.value(name) != nil {
            throw Fault("\(name): is not supported in this version")
        }
        let unknown = object.setting([
            "model": nil, "max_tokens": nil, "messages": nil, "system": nil, "stop_sequences": nil,
            "stream": nil, "tools": nil, "tool_choice": nil, "thinking": nil, "metadata": nil,
            "service_tier": nil, "output_config": nil, "cache_control": nil, "container": nil,
            "inference_geo": nil, "speed": nil,
        ])
        guard unknown == Array("{}".utf8) else {
            let extra = String(decoding: unknown.prefix(100), as: UTF8.self)
            throw Fault("Extra inputs are not permitted: \(extra)")
        }
    }

    private static func checkMessages(_ messages: [JSONObject?]) throws(Fault) {
        guard let first = messages.first else {
            throw Fault("messages: at least one message is required")
        }
        guard first?.string("role") == "user" else {
            throw Fault("messages: first message must use the \"user\" role")
        }
        for (index, message) in messages.enumerated() {
            let place = "messages.\(index)"
            let role = message?.string("role")
            guard role == "user" || role == "assistant", let message else {
                throw Fault("\(place).role: Input should be 'user' or 'assistant'")
            }
            let blocks = (message.elements("content") ?? []).map { message.object(at: $0) }
            if message.string("content")?.isEmpty ?? blocks.isEmpty {
                throw Fault("\(place): all messages must have non-empty content")
            }
            for (number, block) in blocks.enumerated() {
                try checkBlock(block, "\(place).content.\(number)")
            }
            let isLast = index == messages.count - 1
            if isLast, role == "assistant", blocks.last??.string("text")?.last?.isWhitespace == true
            {
                throw Fault(
                    "messages: final assistant content cannot end with trailing whitespace"
                )
            }
        }
    }

    /// Checks that the results of each turn's calls begin the next turn, and that no ids are alike.
    private static func checkTools(
        of messages: [JSONObject?],
        areDefined: Bool
    ) throws(Fault) {
        var (known, called): (Set<String>, Set<String>) = ([], [])
        for (index, message) in messages.enumerated() {
            let blocks = (message?.elements("content") ?? []).map { message?.object(at: $0) }
            let results = blocks.compactMap { $0?.string("tool_use_id") }
            guard Set(results) == called, results.count == called.count else {
                throw Fault("messages.\(index): tool_use and tool_result ids do not match")
            }
            for block in blocks[..<results.count] where block?.has("tool_use_id") != true {
                throw Fault("messages.\(index): tool_result blocks must come first")
            }
            called = []
            for block in blocks where block?.string("type") == "tool_use" {
                let id = block?.string("id") ?? ""
                guard known.insert(id).inserted else {
                    throw Fault("messages.\(index): `tool_use` ids must be unique")
                }
                called.insert(id)
            }
        }
        guard called.isEmpty else {
            throw Fault("messages: tool_use ids were found without tool_result blocks")
        }
        guard areDefined || known.isEmpty else {
            throw Fault("Requests which have tool_use blocks in messages must define tools")
        }
    }

    private static func checkBlock(_ block: JSONObject?, _ place: String) throws(Fault) {
        switch block?.string("type") {
        case "text": try checkText(block, place)
        case "image": try checkSource(block?.object("source"), place)
        case "tool_use":
            try checkName(block?.string("id"), "\(place).id")
            try checkName(block?.string("name"), "\(place).name")
            guard block?.object("input") != nil else {
                throw Fault("\(place).input: Input should be a valid dictionary")
            }
        case "tool_result":
            try checkName(block?.string("tool_use_id"), "\(place).tool_use_id")
            for part in block?.elements("content") ?? [] {
                try checkBlock(block?.object(at: part), "\(place).content")
            }
        default: throw Fault("\(place).type: Input tag is unknown")
        }
    }

    private static func checkText(_ block: JSONObject?, _ place: String) throws(Fault) {
        guard block?.string("type") == "text", let text = block?.string("text") else {
            throw Fault("\(place).text: Field required")
        }
        guard text.contains(where: { !$0.isWhitespace }) else {
            throw Fault("\(place): text content blocks must contain non-whitespace text")
        }
    }

    private static func checkSource(_ source: JSONObject?, _ place: String) throws(Fault) {
        switch source?.string("type") {
        case "base64":
            let types = ["image/jpeg", "image/png", "image/gif", "image/webp"]
            guard types.contains(source?.string("media_type") ?? "") else {
                throw Fault("\(place).source.media_type: Input should be an image's")
            }
            let letters = Set("+/=".utf8).union(UInt8(ascii: "0")...UInt8(ascii: "9"))
                .union(UInt8(ascii: "a")...UInt8(ascii: "z"))
                .union(UInt8(ascii: "A")...UInt8(ascii: "Z"))
            let data = source?.string("data") ?? ""
            guard !data.isEmpty, data.utf8.allSatisfy(letters.contains) else {
                throw Fault("\(place).source.data: is no valid base64")
            }
        case "url":
            guard source?.string("url")?.lowercased().hasPrefix("http") == true else {
                throw Fault("\(place).source.url: Only HTTP URLs are supported")
            }
        default: throw Fault("\(place).source.type: Input tag is unknown")
        }
    }

    private static func checkTool(_ tool: JSONObject?, _ place: String) throws(Fault) {
        try checkName(tool?.string("name"), "\(place).name")
        guard tool?.object("input_schema")?.string("type") == "object" else {
            throw Fault("\(place).input_schema.type: Input should be 'object'")
        }
    }

    /// Validates an id or a name: one or more letters, digits, `_` and `-`.
    private static func checkName(_ name: String?, _ place: String) throws(Fault) {
        guard let name, !name.isEmpty,
            name.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || "_-".contains($0)) })
        else { throw Fault("\(place): String should match pattern '^[a-zA-Z0-9_-]+$'") }
    }
}
