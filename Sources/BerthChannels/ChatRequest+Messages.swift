import BerthConfig
import BerthProviders
import BerthText

extension ChatRequest {
    private static let roles: Set = [
        "system", "developer", "user", "assistant", "tool", "function",
    ]
    /// Members of a message that have no addresses and no parts that cost more.
    private static let plain = [
        "role", "content", "name", "tool_calls", "tool_call_id", "refusal", "reasoning_content",
        "reasoning", "prefix", "function_call",
    ]

    /// Checks the messages and the addresses in them.
    ///
    /// - Returns: the marks that only some models may take.
    static func messages(
        of object: JSONObject,
        _ addresses: inout ChatAddresses
    ) throws(Refusal) -> [Costly] {
        guard object.isList("messages") else { throw ChatRequest.noMessages }
        guard let messages = object.elements("messages") else {
            throw Refusal(
                "'messages' has more than \(JSONObject.mostMembers) messages",
                parameter: "messages"
            )
        }
        guard !messages.isEmpty else { throw ChatRequest.noMessages }
        var costly: [Costly] = []
        for (index, range) in messages.enumerated() {
            let place = "messages[\(index)]"
            guard let message = object.object(at: range) else {
                throw Refusal(
                    "'\(place)' must be an object that names nothing twice",
                    parameter: place
                )
            }
            try check(message, at: place)
            if message.hasOnly(plain), !message.isList("content") { continue }
            if costly.isEmpty, try addresses.check(object, in: range, at: place) {
                costly = [Costly(ChatMember.cacheControl, at: "\(place).cache_control")]
            }
        }
        return costly
    }

    private static let noMessages = Refusal(
        "'messages' must be a list with at least one message",
        parameter: "messages"
    )

    private static func check(_ message: JSONObject, at place: String) throws(Refusal) {
        guard let role = message.word("role"), roles.contains(role) else {
            let roles = roles.sorted().joined(separator: ", ")
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
}
