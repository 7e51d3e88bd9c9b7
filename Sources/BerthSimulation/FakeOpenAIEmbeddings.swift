import BerthHTTP
import BerthLoop
import BerthProviders
import BerthText

/// The embeddings of ``FakeOpenAI``.
///
/// Each number of a vector follows from the bytes of its input, so equal inputs have equal vectors.
/// The model's name selects the behavior: one of ``Behavior``, or one of ``FakeOpenAIBehavior`` that
/// refuses every request.
struct FakeOpenAIEmbeddings {
    /// The behaviors, each selected by the model name that is its raw value.
    enum Behavior: String, CaseIterable {
        /// The answer has no usage.
        case uncounted = "embed-uncounted"
        /// The last input has no vector.
        case short = "embed-short"
        /// The answer has no list.
        case empty = "embed-empty"
        /// The vectors are lists of numbers, whatever form was asked for.
        case plain = "embed-plain"
    }

    /// The numbers of a vector of a request without `dimensions`.
    static let dimensions = 8

    let clock: any Clock

    /// The text of the first input, for the counts.
    static func firstInput(of request: JSONObject) -> String {
        let first = request.elements("input")?.first.map { request.bytes[$0] }
        let value = first ?? request.value("input") ?? []
        let isText = value.first == UInt8(ascii: "\"")
        return isText ? JSONObject.text(value) : String(decoding: value, as: UTF8.self)
    }

    /// Answers a request.
    func answer(_ request: JSONObject) -> HTTPResponse {
        let model = request.string("model") ?? ""
        if let refusal = FakeOpenAIBehavior(rawValue: model)?.refusal(now: clock.timestamp) {
            return refusal
        }
        let behavior = Behavior(rawValue: model)
        guard let value = request.value("input") else {
            return .error(400, "Missing required parameter: 'input'.")
        }
        var inputs = [value]
        let list = request.elements("input") ?? []
        if let first = list.first, !(0x30...0x39).contains(request.bytes[first.lowerBound]) {
            inputs = list.map { request.bytes[$0] }
        }
        if behavior == .short { inputs.removeLast() }
        let isBase64 = request.string("encoding_format") == "base64" && behavior != .plain
        let size = request.integer("dimensions") ?? Self.dimensions
        let data = inputs.enumerated().map { index, input in
            #"{"object":"embedding","index":\#(index),"embedding":"#
                + Self.vector(of: input, size, isBase64: isBase64) + "}"
        }
        let tokens = inputs.reduce(0) { $0 + TokenEstimate.tokens(bytes: max(1, $1.count - 2)) }
        let usage = #","usage":{"prompt_tokens":\#(tokens),"total_tokens":\#(tokens)}"#
        let vectors = #","data":[\#(data.joined(separator: ","))]"#
        let name = String(decoding: JSON.quote(model), as: UTF8.self)
        return .json(
            Array(
                (#"{"object":"list""# + (behavior == .empty ? "" : vectors) + #","model":\#(name)"#
                    + (behavior == .uncounted ? "" : usage) + "}").utf8
            )
        )
    }

    private static func vector(
        of input: ArraySlice<UInt8>,
        _ size: Int,
        isBase64: Bool
    ) -> String {
        let sum = input.reduce(UInt32(7)) { $0 &* 31 &+ UInt32($1) }
        let numbers = (0..<max(1, size)).map { place in
            Float((sum &+ UInt32(place) &* 97) % 1_000) / 1_000
        }
        guard isBase64 else { return "[" + numbers.map { "\($0)" }.joined(separator: ",") + "]" }
        var bytes: [UInt8] = []
        for number in numbers {
            let bits = number.bitPattern
            bytes += (0..<4).map { UInt8(truncatingIfNeeded: bits >> (8 * UInt32($0))) }
        }
        var encoder = Base64Encoder()
        let text = encoder.feed(bytes) + encoder.finish()
        return "\"" + String(decoding: text, as: UTF8.self) + "\""
    }
}
