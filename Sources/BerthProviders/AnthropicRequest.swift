import BerthConfig
import BerthHTTP
import BerthText

/// The translation of a chat-completions request to Anthropic's Messages API.
///
/// Values are copied as bytes, so an image is copied only once, into the body. A setting without
/// a counterpart is rejected with a reason if it would change the format of the answer. Settings
/// that only tune the answer (temperature, top_p, seed, penalties, reasoning_effort) are left out,
/// because the API version in use rejects sampling parameters even at their defaults.
///
/// Source: <https://platform.claude.com/docs/en/api/messages>, as of 2026-11.
struct AnthropicRequest {
    /// The reason why a request cannot be translated, worded for the client.
    struct Refusal: Error, Equatable {
        let message: String
    }

    private let call: ChatCall
    private let isStream: Bool
    private let messages: [Range<Int>]
    /// The most tokens of the answer.
    var maximumOutput: Int
    /// Whether the tenant's pseudonym is sent.
    var namesUser = true

    init(_ call: ChatCall, streaming: Bool) {
        self.call = call
        isStream = streaming
        messages = call.request.elements("messages") ?? []
        maximumOutput = call.maximumOutput
    }

    /// The estimated size of the body.
    ///
    /// Many very small parts may need a few bytes more each, and at most
    /// ``AnthropicTurns/mostCalls`` tool calls up to 200 bytes.
    var expectedSize: Int { call.request.bytes.count + 64 * messages.count + 1024 }

    /// Returns the body.
    ///
    /// - Throws: ``Refusal`` if the request has a setting or a message without a counterpart.
    func body() throws(Refusal) -> [UInt8] {
        try checkWhatHasNoCounterpart()
        var out: [UInt8] = []
        out.reserveCapacity(expectedSize)
        out += #"{"model":"#.utf8
        out += JSON.quote(call.model)
        out += #","max_tokens":\#(max(1, maximumOutput)),"stream":\#(isStream)"#.utf8
        if namesUser, call.request.has("user") || call.request.has("safety_identifier") {
            out += #","metadata":{"user_id":"#.utf8
            out += JSON.quote(call.user)
            out += "}".utf8
        }
        try addStop(to: &out)
        try addFormat(to: &out)
        let tools = call.request.elements("tools") ?? []
        let breakpoints = tools.isEmpty ? 0 : try add(tools, to: &out)
        out += #","messages":["#.utf8
        var turns = AnthropicTurns(
            of: call.request,
            messages,
            after: out,
            breakpoints: breakpoints
        )
        out = []  // gives the buffer to `turns` alone, so that appending does not copy it
        try turns.addAll()
        return try turns.ended(hasTools: !tools.isEmpty)
    }

    private func checkWhatHasNoCounterpart() throws(Refusal) {
        let request = call.request
        if let choices = request.integer("n"), choices > 1 {
            throw AnthropicRequest.lacks("'n' above 1: it returns one answer a call")
        }
        if request.boolean("logprobs") == true || request.has("top_logprobs") {
            throw AnthropicRequest.lacks("'logprobs': it does not return them")
        }
        if request.object("logit_bias")?.isEmpty == false {
            throw AnthropicRequest.lacks("'logit_bias': it has no token ids")
        }
        for name in ["functions", "function_call"] where request.has(name) {
            throw AnthropicRequest.lacks("'\(name)': use 'tools' and 'tool_choice'")
        }
        for name in AnthropicRequest.missing where request.has(name) {
            throw AnthropicRequest.lacks("'\(name)': leave it out or use another model")
        }
        // The operator may permit them for a model that has no counterpart for them.
        try request.each { (name, value) throws(Refusal) in
            guard case .known(let row) = ChatMember.table.match(name),
                row.effect(of: value) != nil
            else { return }
            throw AnthropicRequest.lacks("'\(row.name)': leave it out or use another model")
        }
    }

    /// Members that would change the format of the answer, or whose text would be missing.
    private static let missing = [
        "documents", "structured_outputs", "grammar", "json_schema", "guided_json", "guided_regex",
        "guided_choice", "guided_grammar", "regex", "ebnf", "format", "echo", "prompt_logprobs",
        "continue_final_message", "chat_template",
    ]

    /// Makes a refusal of a feature that the Messages API lacks.
    static func lacks(_ what: String) -> Refusal {
        Refusal(message: "Anthropic's API does not support \(what)")
    }

    /// Adds the stop sequences that have a visible character.
    ///
    /// The Messages API rejects the others, which therefore do not end the answer.
    private func addStop(to out: inout [UInt8]) throws(Refusal) {
        guard call.request.has("stop") else { return }
        guard let stops = AnthropicRequest.stops(of: call.request),
            stops.allSatisfy({ $0.first == UInt8(ascii: "\"") })
        else {
            throw Refusal(message: "'stop' must be a string or a list of strings")
        }
        let visible = stops.filter { !JSONObject.isBlank($0) }
        guard !visible.isEmpty else { return }
        out += #","stop_sequences":["#.utf8
        out += visible.joined(separator: ",".utf8)
        out += "]".utf8
    }

    /// The elements of the member `stop`, or nil if it is neither a list nor a string.
    static func stops(of request: JSONObject) -> [ArraySlice<UInt8>]? {
        let list = request.elements("stop")?.map { request.bytes[$0] }
        return list ?? request.quoted("stop").map { [$0] }
    }

    private func addFormat(to out: inout [UInt8]) throws(Refusal) {
        guard call.request.has("response_format") else { return }
        let format = call.request.object("response_format")
        switch format?.string("type")?.cut(toBytes: 64) {
        case "text": return
        case "json_schema":
            guard let schema = format?.object("json_schema")?.value("schema") else {
                throw Refusal(message: "'response_format.json_schema.schema' is missing")
            }
            out += #","output_config":{"format":{"type":"json_schema","schema":"#.utf8
            out += schema
            out += "}}".utf8
        case let type:
            throw AnthropicRequest.lacks(
                "a 'response_format' of type '\(type?.shortened(toBytes: 40) ?? "")': use json_schema"
            )
        }
    }

    // MARK: Tools

    /// Adds the tools and the choice among them.
    ///
    /// - Returns: the number of cache breakpoints, at most ``AnthropicBreakpoint/most``.
    private func add(_ tools: [Range<Int>], to out: inout [UInt8]) throws(Refusal) -> Int {
        var breakpoints = 0
        out += #","tools":["#.utf8
        for (index, range) in tools.enumerated() {
            if index > 0 { out += ",".utf8 }
            let tool = call.request.object(at: range)
            try add(tool: tool, at: "tools[\(index)]", to: &out)
            if breakpoints < AnthropicBreakpoint.most,
                let breakpoint = AnthropicBreakpoint(tool)
                    ?? AnthropicBreakpoint(tool?.object("function"))
            {
                breakpoints += 1
                out += breakpoint.member.utf8
            }
            out += "}".utf8
        }
        out += "]".utf8
        try addToolChoice(to: &out)
        return breakpoints
    }

    /// Adds a tool, up to its last brace.

    private func add(
        tool: JSONObject?,
        at place: String,
        to out: inout [UInt8]
    ) throws(Refusal) {
        guard tool?.has("type") != true || tool?.word("type") == "function" else {
            throw AnthropicRequest.lacks("'\(place)', which is not a function")
        }
        guard let function = tool?.object("function"), let name = function.quoted("name") else {
            throw Refusal(message: "'\(place).function' must be an object with a 'name'")
        }
        out += #"{"name":"#.utf8
        out += name
        if function.has("description"), let description = function.value("description") {
            out += #","description":"#.utf8
            out += description
        }
        if function.boolean("strict") == true { out += #","strict":true"#.utf8 }
        out += #","input_schema":"#.utf8
        out += AnthropicRequest.schema(of: function)
    }

    /// Returns the input schema of a function.
    ///
    /// Unlike OpenAI's `parameters` it is required and must have the type `object`.
    private static func schema(of function: JSONObject) -> [UInt8] {
        guard let parameters = function.object("parameters"), !parameters.isEmpty else {
            return Array(#"{"type":"object","properties":{}}"#.utf8)
        }
        let type = parameters.has("type") ? parameters.value("type").map(Array.init) : nil
        return parameters.setting(["type": type ?? Array(#""object""#.utf8)])
    }

    private func addToolChoice(to out: inout [UInt8]) throws(Refusal) {
        let isSingle = call.request.boolean("parallel_tool_calls") == false
        guard isSingle || call.request.has("tool_choice") else { return }
        var choice = #""type":"auto""#
        if let word = call.request.string("tool_choice")?.cut(toBytes: 64) {
            guard let type = ["auto": "auto", "required": "any", "none": "none"][word] else {
                throw Refusal(message: "'tool_choice' must be auto, required, none or a function")
            }
            choice = #""type":"\#(type)""#
        } else if call.request.has("tool_choice") {
            let object = call.request.object("tool_choice")
            guard object?.word("type") == "function",
                let name = object?.object("function")?.string("name")
            else { throw AnthropicRequest.lacks("a 'tool_choice' that is not a function") }
            choice = #""type":"tool","name":\#(String(decoding: JSON.quote(name), as: UTF8.self))"#
        }
        let isNone = choice == #""type":"none""#
        let single = isSingle && !isNone ? #","disable_parallel_tool_use":true"# : ""
        out += #","tool_choice":{\#(choice)\#(single)}"#.utf8
    }
}
