import BerthProviders
package import BerthText

/// A `chat.completion` from the cache, which each reader gets under an identity of its own.
package struct KeptCompletion: Sendable {
    /// A JSON object that is never empty, with its usage and without an id, time and model.
    package let json: ArraySlice<UInt8>

    /// Keeps a `chat.completion`, or returns nil if it has no text or repeats what its asker alone has
    /// sent.
    ///
    /// `usage` are its tokens, which are named if the provider has not named them.
    init?(_ completion: JSONObject, _ usage: TokenUsage) {
        guard ChatCompletion.text(of: completion) != nil,
            !AnswerCache.personal.contains(where: completion.has)
        else { return nil }
        let said = completion.has("usage") ? completion.value("usage") : nil
        let usage = said.map(Array.init) ?? Array(CompletionJSON.json(usage).utf8)
        json =
            completion.setting(
                [("usage", usage)],
                dropping: ["id", "object", "created", "model"]
            )[...]
    }

    /// Takes the bytes of an entry, or returns nil if they are no JSON object with a member.
    init?(_ json: ArraySlice<UInt8>) {
        guard json.count > 2, json.first == UInt8(ascii: "{"), json.last == UInt8(ascii: "}") else {
            return nil
        }
        self.json = json
    }

    /// The object, or nil for bytes that are none.
    package var object: JSONObject? { try? JSONObject(answer: Array(json)) }

    /// The first choice's text.
    package var text: String { object.flatMap(ChatCompletion.text) ?? "" }
}
