import BerthProviders
import BerthText

/// An answer as the response cache stores it, with everything that was said.
struct CachedAnswer: Sendable {
    /// The answer itself.
    enum Body: Sendable {
        /// An answer that was streamed and has nothing but text.
        case text(String)
        /// Any other answer, as a `chat.completion` with the text of its first choice.
        ///
        /// Its id and model are the provider's.
        case completion(JSONObject, text: String)
    }

    let body: Body
    /// The name of the model that gave it.
    let model: String
    /// Its tokens.
    let usage: TokenUsage
    /// The `usage` object that its first reader was told of a streamed text, as JSON.
    let details: [UInt8]
}

extension CachedAnswer {
    /// The first choice's text.
    var text: String {
        switch body {
        case .text(let text), .completion(_, let text): text
        }
    }

    /// The bytes of the answer.
    var size: Int {
        switch body {
        case .text(let text): text.utf8.count
        case .completion(let object, _): object.text.count
        }
    }

    /// The pieces of which a stream with the answer consists.
    var pieces: [AnswerPiece] {
        switch body {
        case .text(let text):
            return [.text(text), .finish("stop"), .usage(usage, details: details)]
        case .completion(let object, _):
            let pieces = AnswerPiece.pieces(of: object)
            let hasUsage = pieces.contains { if case .usage = $0 { true } else { false } }
            return hasUsage ? pieces : pieces + [.usage(usage, details: details)]
        }
    }

    /// The bytes of an entry, a small JSON object.
    var bytes: [UInt8] {
        var bytes = Array(#"{"input":\#(usage.input),"output":\#(usage.output),"usage":"#.utf8)
        bytes += details
        bytes += Array(#","model":"#.utf8)
        bytes += JSON.quote(model)
        switch body {
        case .text(let text):
            bytes += Array(#","text":"#.utf8)
            bytes += JSON.quote(text)
        case .completion(let object, _):
            bytes += Array(#","answer":"#.utf8)
            bytes += object.text
        }
        bytes.append(UInt8(ascii: "}"))
        return bytes
    }

    /// Reads an entry, or returns nil for other bytes.
    init?(_ bytes: [UInt8]) {
        guard let object = try? JSONObject(answer: bytes), let model = object.string("model"),
            let input = object.integer("input"), let output = object.integer("output"),
            let details = object.object("usage")
        else { return nil }
        if let answer = object.object("answer") {
            guard let text = ChatCompletion.text(of: answer) else { return nil }
            body = .completion(answer, text: text)
        } else if let text = object.string("text"), !text.isEmpty {
            body = .text(text)
        } else {
            return nil
        }
        self.model = model
        usage = TokenUsage(input: input, output: output, isEstimated: false)
        self.details = Array(details.text)
    }
}
