import BerthHTTP
import BerthLoop
import BerthProviders
import BerthText

/// A request to `/v1/chat/completions`, checked; what Berth does not know is passed on as it came.
struct ChatRequest: Sendable {
    let object: JSONObject
    /// As the client named it.
    let model: String
    let isStream: Bool
    /// Whether the client wants a last chunk with the usage.
    let includesUsage: Bool

    /// The estimated tokens of the messages and tools.
    let inputTokens: Int

    /// Reads a body of any size without keeping the loop from other requests.
    ///
    /// - Throws: ``Refusal`` with words for the client.
    static func read(_ body: [UInt8]) async throws(Refusal) -> ChatRequest {
        try await LargeWork.run(on: body.count) { () throws(Refusal) in try ChatRequest(body) }
    }

    /// More answers to one prompt than this are refused: each is bought.
    private static let maximumChoices = 8
    private static let roles: Set = [
        "system", "developer", "user", "assistant", "tool", "function",
    ]

    /// Checks what OpenAI requires and what costs money.
    ///
    /// - Throws: ``Refusal`` with words for the client.
    init(_ body: [UInt8]) throws(Refusal) {
        do { object = try JSONObject(body) } catch { throw Refusal(error.description) }
        guard let model = object.string("model"), !model.isEmpty else {
            throw Refusal("'model' must be a string, as \"berth\"", parameter: "model")
        }
        self.model = model
        isStream = try ChatRequest.boolean("stream", in: object)
        let options = object.object("stream_options")
        if object.has("stream_options"), options == nil {
            throw Refusal("'stream_options' must be an object", parameter: "stream_options")
        }
        includesUsage =
            try options.map { (options) throws(Refusal) in
                try ChatRequest.boolean("include_usage", in: options)
            } ?? false
        inputTokens = TokenEstimate.input(of: object)
        try checkMessages()
        try checkNumbers()
    }

    /// Why a request is refused.
    struct Refusal: Error {
        let message: String
        let parameter: String?

        init(_ message: String, parameter: String? = nil) {
            self.message = message
            self.parameter = parameter
        }
    }

    private func checkMessages() throws(Refusal) {
        guard object.isList("messages") else { throw ChatRequest.noMessages }
        guard let messages = object.elements("messages") else {
            throw Refusal(
                "'messages' has more than \(JSONObject.mostMembers) messages",
                parameter: "messages"
            )
        }
        guard !messages.isEmpty else { throw ChatRequest.noMessages }
        for (index, range) in messages.enumerated() { try checkMessage(index, range) }
    }

    private static let noMessages = Refusal(
        "'messages' must be a list with at least one message",
        parameter: "messages"
    )

    private func checkMessage(_ index: Int, _ range: Range<Int>) throws(Refusal) {
        let place = "messages[\(index)]"
        guard let message = object.object(at: range) else {
            throw Refusal("'\(place)' must be an object that names nothing twice", parameter: place)
        }
        guard let role = message.string("role"), ChatRequest.roles.contains(role) else {
            let roles = ChatRequest.roles.sorted().joined(separator: ", ")
            throw Refusal("'\(place).role' must be one of \(roles)", parameter: "\(place).role")
        }
        guard message.has("content") else {
            if role == "assistant" { return }  // may carry tool_calls alone
            throw Refusal("'\(place).content' is missing", parameter: "\(place).content")
        }
        guard message.isString("content") || message.isList("content") else {
            throw Refusal(
                "'\(place).content' must be a string or a list of parts",
                parameter: "\(place).content"
            )
        }
    }

    private func checkNumbers() throws(Refusal) {
        // One of them would be passed on unchecked, and what is not reserved must not be bought.
        if object.has("max_tokens"), object.has("max_completion_tokens") {
            throw Refusal(
                "'max_tokens' and 'max_completion_tokens' are two names of one limit: give one",
                parameter: "max_tokens"
            )
        }
        try checkInteger("n", 1...ChatRequest.maximumChoices)
        for name in ["max_tokens", "max_completion_tokens"] {
            try checkInteger(name, 1...10_000_000)
        }
        for (name, range) in [
            ("temperature", 0.0...2.0), ("top_p", 0...1), ("presence_penalty", -2...2),
            ("frequency_penalty", -2...2),
        ] where object.has(name) {
            let number = object.value(name).flatMap { Double(String(decoding: $0, as: UTF8.self)) }
            guard let number, range.contains(number) else {
                throw Refusal(
                    "'\(name)' must be a number from \(range.lowerBound) to \(range.upperBound)",
                    parameter: name
                )
            }
        }
    }

    private func checkInteger(_ name: String, _ range: ClosedRange<Int>) throws(Refusal) {
        guard object.has(name) else { return }
        guard let number = object.integer(name), range.contains(number) else {
            throw Refusal(
                "'\(name)' must be a whole number from \(range.lowerBound) to \(range.upperBound)",
                parameter: name
            )
        }
    }

    private static func boolean(_ name: String, in object: JSONObject) throws(Refusal) -> Bool {
        guard object.has(name) else { return false }
        guard let value = object.boolean(name) else {
            throw Refusal("'\(name)' must be true or false", parameter: name)
        }
        return value
    }
}
