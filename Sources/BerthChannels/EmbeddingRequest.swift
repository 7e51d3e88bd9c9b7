import BerthConfig
import BerthLoop
import BerthProviders
import BerthText

/// A request to `/v1/embeddings`, checked.
struct EmbeddingRequest: Sendable {
    typealias Refusal = ChatRequest.Refusal

    let object: JSONObject
    /// As the client named it.
    let model: String
    /// The number of inputs.
    let count: Int
    /// The tokens of all inputs, estimated for texts.
    let tokens: Int
    /// The members that only models with a permission for them may take.
    let costly: [ChatRequest.Costly]
    /// The names of the members that no table lists.
    let unknown: [String]

    /// The most inputs of a request, which is OpenAI's limit.
    static let mostInputs = 2_048
    /// The most numbers of a vector that a client may ask for.
    static let mostDimensions = 65_536

    /// Reads a body of any size without keeping the loop from other requests.
    ///
    /// - Throws: ``ChatRequest/Refusal`` with words for the client.
    static func read(_ body: [UInt8]) async throws(Refusal) -> EmbeddingRequest {
        try await LargeWork.run(on: body.count) { () throws(Refusal) in
            try EmbeddingRequest(body)
        }
    }

    /// Checks what OpenAI requires and what costs money.
    ///
    /// - Throws: ``ChatRequest/Refusal`` with words for the client.
    init(_ body: [UInt8]) throws(Refusal) {
        do { object = try JSONObject(body) } catch { throw Refusal(error.description) }
        model = try ChatRequest.model(in: object)
        var addresses = ChatAddresses()
        let found = try ChatRequest.members(of: object, in: EmbeddingMember.table, &addresses)
        if let host = addresses.hosts.first {
            throw Refusal("the request names the host '\(host)': no provider fetches inputs")
        }
        (costly, unknown) = found
        if object.has("encoding_format") {
            let format = object.word("encoding_format") ?? ""
            guard ["float", "base64"].contains(format) else {
                throw Refusal(
                    "'encoding_format' must be \"float\" or \"base64\"",
                    parameter: "encoding_format"
                )
            }
        }
        if object.has("dimensions") {
            guard let number = object.integer("dimensions"),
                (1...EmbeddingRequest.mostDimensions).contains(number)
            else {
                throw Refusal(
                    "'dimensions' must be a whole number from 1 to "
                        + "\(EmbeddingRequest.mostDimensions)",
                    parameter: "dimensions"
                )
            }
        }
        (count, tokens) = try EmbeddingRequest.inputs(of: object)
    }

    // MARK: Inputs

    private static func inputs(of object: JSONObject) throws(Refusal) -> (count: Int, tokens: Int) {
        guard let value = object.value("input"), object.has("input") else { throw badInput }
        if value.first == UInt8(ascii: "\"") { return (1, try text(value, at: "input")) }
        guard value.first == UInt8(ascii: "[") else { throw badInput }
        if let tokens = tokens(in: value) {
            guard tokens > 0 else { throw badInput }
            return (1, tokens)
        }
        guard let list = object.elements("input"), list.count <= mostInputs else {
            throw Refusal(
                "'input' has more than \(mostInputs) entries: send them in several requests",
                parameter: "input"
            )
        }
        var total = 0
        for (index, range) in list.enumerated() {
            let (value, place) = (object.bytes[range], "input[\(index)]")
            if value.first == UInt8(ascii: "\"") {
                total += try text(value, at: place)
            } else if let tokens = tokens(in: value), tokens > 0 {
                total += tokens
            } else {
                throw Refusal(
                    "'\(place)' must be a text that is not empty, or a list of tokens",
                    parameter: place
                )
            }
        }
        return (list.count, total)
    }

    private static let badInput = Refusal(
        "'input' must be a text, a list of texts, or tokens, and not empty",
        parameter: "input"
    )

    /// The estimated tokens of a JSON string.
    private static func text(
        _ value: ArraySlice<UInt8>,
        at place: String
    ) throws(Refusal) -> Int {
        guard value.count > 2 else {
            throw Refusal("'\(place)' must not be empty", parameter: place)
        }
        return TokenEstimate.tokens(bytes: value.count - 2)
    }

    /// The number of tokens in a JSON list; nil if it is no list of whole numbers that are 0 or more.
    private static func tokens(in list: ArraySlice<UInt8>) -> Int? {
        guard list.first == UInt8(ascii: "[") else { return nil }
        var (count, isNumber) = (0, false)
        for byte in list.dropFirst().dropLast() {
            switch byte {
            case 0x30...0x39:
                if !isNumber { count += 1 }
                isNumber = true
            case UInt8(ascii: ","), 0x20, 0x09, 0x0A, 0x0D: isNumber = false
            default: return nil
            }
        }
        return count
    }
}
