import BerthText

/// The translation of chat messages to turns of the Messages API.
///
/// Consecutive messages of the same role become one turn. System messages are collected in a
/// separate member. The Messages API demands that each tool call is followed by its one result at
/// the start of the next turn, that all ids differ, that the first turn is the user's, and that the
/// last answer does not end with white space. A history that breaks a rule is mended, because its
/// author cannot change it any more.
struct AnthropicTurns {
    typealias Refusal = AnthropicRequest.Refusal

    /// A tool call whose result is not written.
    private struct OpenCall {
        let id: String
        /// The id in the request to Anthropic.
        let written: String
    }

    private let request: JSONObject
    private let messages: [Range<Int>]
    private var out: [UInt8]
    private var system: [UInt8] = []
    /// The role of the turn being written; empty before the first.
    private var role = ""
    /// The calls of the assistant's turn being written.
    private var open: [OpenCall] = []
    /// The messages that were written as the results of calls before them.
    private var taken: Set<Int> = []
    /// The ids of calls, as written.
    private var ids: Set<String> = []
    /// The last number that made an id unlike others.
    private var number = 0
    /// The names of the tools that were called, without duplicates, in their order.
    private var called: [String] = []
    /// The text of the last block if it is the assistant's, as a range of ``out`` with its quotes.
    private var lastText: Range<Int>?
    /// The breakpoints in the turns, as ranges of ``out``.
    private var breakpoints: [Range<Int>] = []
    /// The breakpoints before the turns: of tools and of the system text.
    private var fixedBreakpoints: Int

    /// The most tool calls in a request.
    static let mostCalls = 2048

    /// Makes a translation that continues `out`, a body up to the start of the list of messages.
    ///
    /// `breakpoints` is the number of cache breakpoints in it.
    init(
        of request: JSONObject,
        _ messages: [Range<Int>],
        after out: consuming [UInt8],
        breakpoints: Int
    ) {
        self.request = request
        self.messages = messages
        self.out = out
        fixedBreakpoints = breakpoints
    }

    /// Translates all messages.
    ///
    /// - Throws: ``AnthropicRequest/Refusal`` for a message without a counterpart.
    mutating func addAll() throws(Refusal) {
        for (index, range) in messages.enumerated() where !taken.contains(index) {
            let place = "messages[\(index)]"
            guard let message = request.object(at: range) else {
                throw Refusal(message: "'\(place)' must be an object without duplicate members")
            }
            let role = message.word("role")
            if !open.isEmpty, role == "user" || role == "tool" { try closeCalls(from: index) }
            guard !taken.contains(index) else { continue }
            switch role {
            case "system", "developer": try addSystem(message, place)
            case "user": try addBlocks(of: message, place, as: "user")
            case "assistant": try addAnswer(message, place)
            case "tool": try addStray(message, place)
            default:
                let name = message.string("role")?.shortened(toBytes: 40) ?? ""
                throw AnthropicRequest.lacks("'\(place).role' '\(name)'")
            }
        }
        try closeCalls(from: messages.count)
    }

    /// Returns the complete body.
    ///
    /// With `hasTools` the tools are defined in it already.
    consuming func ended(hasTools: Bool) throws(Refusal) -> [UInt8] {
        if role.isEmpty {
            guard !system.isEmpty else {
                throw Refusal(message: "'messages' has no content that can be sent")
            }
            addBeginning()
        }
        if let lastText {
            let end = JSONObject.visibleEnd(out[lastText])
            out.removeSubrange(end..<lastText.upperBound - 1)
        }
        // The later breakpoints cover the earlier ones.
        let most = max(0, AnthropicBreakpoint.most - fixedBreakpoints)
        for range in breakpoints.dropLast(most) {
            for index in range { out[index] = UInt8(ascii: " ") }
        }
        out += "]}]".utf8
        if !system.isEmpty {
            out += #","system":["#.utf8
            out += system
            out += "]".utf8
        }
        if !hasTools, !called.isEmpty { addTools() }
        out += "}".utf8
        return out
    }

    // MARK: Turns

    /// Begins a block in a turn of `role`, which continues the current turn if its role is the
    /// same.
    private mutating func begin(_ role: String) {
        lastText = nil
        guard role != self.role else {
            out += ",".utf8
            return
        }
        if self.role.isEmpty, role == "assistant" { addBeginning() }
        if !self.role.isEmpty { out += "]},".utf8 }
        out += #"{"role":"\#(role)","content":["#.utf8
        self.role = role
    }

    /// Begins the user's turn that must be the first.
    private mutating func addBeginning() {
        out += #"{"role":"user","content":[{"type":"text","text":"(no message)"}"#.utf8
        role = "user"
    }

    private mutating func addSystem(_ message: JSONObject, _ place: String) throws(Refusal) {
        for block in try AnthropicBlock.all(of: message, at: place) {
            guard block.isText else {
                throw AnthropicRequest.lacks("an image in the system message '\(place)'")
            }
            if !system.isEmpty { system += ",".utf8 }
            block.open(in: &system)
            if let breakpoint = block.breakpoint, fixedBreakpoints < AnthropicBreakpoint.most {
                system += breakpoint.member.utf8
                fixedBreakpoints += 1
            }
            system += "}".utf8
        }
    }

    private mutating func addBlocks(
        of message: JSONObject,
        _ place: String,
        as role: String
    ) throws(Refusal) {
        for block in try AnthropicBlock.all(of: message, at: place) { add(block, as: role) }
    }

    private mutating func add(_ block: AnthropicBlock, as role: String) {
        begin(role)
        let text = block.open(in: &out)
        close(with: block.breakpoint)
        if role == "assistant" { lastText = text }
    }

    /// Ends a block, with its breakpoint if it has one.
    private mutating func close(with breakpoint: AnthropicBreakpoint?) {
        if let breakpoint {
            let start = out.count
            out += breakpoint.member.utf8
            breakpoints.append(start..<out.count)
        }
        out += "}".utf8
    }

    // MARK: Tool calls

    private mutating func addAnswer(_ message: JSONObject, _ place: String) throws(Refusal) {
        if message.has("function_call") {
            throw AnthropicRequest.lacks("'\(place).function_call': use 'tool_calls'")
        }
        try addBlocks(of: message, place, as: "assistant")
        let calls = message.elements("tool_calls") ?? []
        for (index, range) in calls.enumerated() {
            guard let object = message.object(at: range) else { continue }
            guard ids.count < AnthropicTurns.mostCalls else {
                throw Refusal(
                    message: "'messages' has more than \(AnthropicTurns.mostCalls) tool calls"
                )
            }
            var call = AnthropicToolCall(object)
            if index == calls.count - 1, let own = AnthropicBreakpoint(message) {
                call.breakpoint = own
            }
            let id = unlikeOthers(AnthropicToolCall.plain(call.id))
            if !called.contains(call.name) { called.append(call.name) }
            open.append(OpenCall(id: call.id, written: id))
            begin("assistant")
            out += #"{"type":"tool_use","id":"\#(id)","name":"\#(call.name)","input":"#.utf8
            out += call.input
            close(with: call.breakpoint)
        }
    }

    /// Returns an id that no other call has.
    private mutating func unlikeOthers(_ id: String) -> String {
        let wanted = id.isEmpty ? "call" : id
        var unique = wanted
        while !ids.insert(unique).inserted {
            number += 1
            unique = "\(wanted)_\(number)"
        }
        return unique
    }

    /// Writes one result for each open call: the first that has its id from the message `start` up
    /// to the assistant's next, else words that there is none.
    private mutating func closeCalls(from start: Int) throws(Refusal) {
        guard !open.isEmpty else { return }
        var waiting: [String: [Int]] = [:]
        for (position, call) in open.enumerated().reversed() {
            waiting[call.id, default: []].append(position)
        }
        var results = [JSONObject?](repeating: nil, count: open.count)
        var places = [Int](repeating: 0, count: open.count)
        for index in start..<messages.count {
            guard let message = request.object(at: messages[index]) else { continue }
            let role = message.word("role")
            if role == "assistant" { break }
            let id = AnthropicToolCall.id(message, "tool_call_id")
            guard role == "tool", let position = waiting[id]?.popLast() else { continue }
            (results[position], places[position]) = (message, index)
            taken.insert(index)
        }
        for (position, call) in open.enumerated() {
            try addResult(results[position], "messages[\(places[position])]", of: call)
        }
        open = []
    }

    private mutating func addResult(
        _ message: JSONObject?,
        _ place: String,
        of call: OpenCall
    ) throws(Refusal) {
        begin("user")
        out += #"{"type":"tool_result","tool_use_id":"\#(call.written)""#.utf8
        if message == nil { out += #","is_error":true"#.utf8 }
        let blocks =
            if let message { try AnthropicBlock.all(of: message, at: place) } else {
                [AnthropicBlock(saying: "The result of this call was not recorded.")]
            }
        for (index, block) in blocks.enumerated() {
            out += (index == 0 ? #","content":["# : ",").utf8
            block.open(in: &out)
            out += "}".utf8
        }
        if !blocks.isEmpty { out += "]".utf8 }
        close(with: blocks.lazy.compactMap(\.breakpoint).last)
    }

    /// Adds a result without a call as the user's words.
    private mutating func addStray(_ message: JSONObject, _ place: String) throws(Refusal) {
        let blocks = try AnthropicBlock.all(of: message, at: place)
        guard !blocks.isEmpty else { return }
        add(AnthropicBlock(saying: "The result of a tool call that was not recorded:"), as: "user")
        for block in blocks { add(block, as: "user") }
    }

    /// Defines the tools that were called, which must not be called now.
    ///
    /// The Messages API demands it of a request whose history has calls.
    private mutating func addTools() {
        out += #","tools":["#.utf8
        for (index, name) in called.enumerated() {
            out += (index == 0 ? "" : ",").utf8
            out += #"{"name":"\#(name)","input_schema":{"type":"object"}}"#.utf8
        }
        out += #"],"tool_choice":{"type":"none"}"#.utf8
    }
}
