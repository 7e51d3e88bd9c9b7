import BerthConfig
import BerthHTTP
import BerthLoop
import BerthProviders
import BerthText

/// A request to `/v1/chat/completions`, checked; what Berth does not know is passed on as it came.
///
/// A request to `/v1/completions` is one too, after its translation (``TextCompletion``).
struct ChatRequest: Sendable {
    /// The endpoint whose form a request and its answer have.
    enum Form: Sendable {
        /// `/v1/chat/completions`.
        case chat
        /// `/v1/completions`.
        case text
    }

    let object: JSONObject
    let form: Form
    /// As the client named it.
    let model: String
    let isStream: Bool
    /// Whether the client wants a last chunk with the usage.
    let includesUsage: Bool
    /// The members that only models with a permission for them may take.
    let costly: [Costly]
    /// The names of the members that no table lists, at most ``mostMembers``.
    let unknown: [String]
    /// The names of hosts that the provider is asked to fetch from, each once.
    let hosts: [String]

    /// The estimated tokens of the messages and tools.
    let inputTokens: Int

    /// Reads a body of any size without keeping the loop from other requests.
    ///
    /// - Throws: ``Refusal`` with words for the client.
    static func read(
        _ body: [UInt8],
        as form: Form = .chat
    ) async throws(Refusal) -> ChatRequest {
        let object: JSONObject
        if LargeWork.isLarge(body.count) {
            object = try await LargeWork.run(on: body.count) { () throws(Refusal) in
                try ChatRequest.object(body)
            }
        } else {
            object = try ChatRequest.object(body)
        }
        guard LargeWork.isLarge(object.work) else { return try ChatRequest(object, as: form) }
        return try await LargeWork.run(on: object.work) { () throws(Refusal) in
            try ChatRequest(object, as: form)
        }
    }

    private static func object(_ body: [UInt8]) throws(Refusal) -> JSONObject {
        do throws(JSONError) { return try JSONObject(body) } catch {
            throw Refusal(error.description)
        }
    }

    /// More answers to one prompt than this are refused: each is bought.
    private static let maximumChoices = 8
    /// Checks what OpenAI requires and what costs money.
    ///
    /// - Throws: ``Refusal`` with words for the client.
    private init(_ sent: JSONObject, as form: Form) throws(Refusal) {
        self.form = form
        switch form {
        case .chat: object = sent
        case .text: object = try ChatRequest.object(try TextCompletion.chat(of: sent))
        }
        model = try ChatRequest.model(in: object)
        var addresses = ChatAddresses()
        var found = try ChatRequest.members(of: object, in: ChatMember.table, &addresses)
        found.costly += try ChatRequest.tools(of: object, &addresses)
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
        found.costly += try ChatRequest.messages(of: object, &addresses)
        (costly, unknown, hosts) = (found.costly, found.unknown, addresses.hosts)
        try checkNumbers()
    }

    /// The longest name of a model, in bytes.
    static let longestModel = 256

    static func model(in object: JSONObject) throws(Refusal) -> String {
        guard object.isString("model"), let value = object.value("model"), value.count > 2 else {
            throw Refusal("'model' must be a string, as \"berth\"", parameter: "model")
        }
        // A part is decoded, because the whole may be as long as a request. No model has that name.
        return object.word("model", most: longestModel)
            ?? JSONObject.text(value.prefix(longestModel)) + "…"
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
            guard let number = object.number(name), range.contains(number) else {
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
