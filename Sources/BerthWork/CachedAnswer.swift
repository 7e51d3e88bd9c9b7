import BerthProviders
import BerthText

/// An answer as the response cache stores it.
struct CachedAnswer: Equatable, Sendable {
    /// The first choice's text.
    let text: String
    /// The name of the model that gave it.
    let model: String
    /// Tokens of the prompt.
    let input: Int
    /// Tokens of the answer.
    let output: Int
}

extension CachedAnswer {
    /// Its tokens.
    var usage: TokenUsage { TokenUsage(input: input, output: output, isEstimated: false) }

    /// The bytes of an entry, a small JSON object.
    var bytes: [UInt8] {
        var bytes = Array(#"{"input":\#(input),"output":\#(output),"model":"#.utf8)
        bytes += JSON.quote(model)
        bytes += Array(#","text":"#.utf8)
        bytes += JSON.quote(text)
        bytes.append(UInt8(ascii: "}"))
        return bytes
    }

    /// Reads an entry, or returns nil for other bytes.
    init?(_ bytes: [UInt8]) {
        guard let object = try? JSONObject(bytes), let text = object.string("text"),
            let model = object.string("model"), let input = object.integer("input"),
            let output = object.integer("output")
        else { return nil }
        self.init(text: text, model: model, input: input, output: output)
    }
}
