import BerthConfig
import BerthLoop
import BerthMemory
import BerthProviders
import BerthText

/// A request to `/v1/images/generations` or `/v1/images/edits`, checked, without its pictures.
struct PictureQuery: Sendable {
    typealias Refusal = ChatRequest.Refusal

    /// The form in which the client gets the pictures.
    enum Form: String, Sendable, CaseIterable {
        /// A signed link that expires.
        case url
        /// The picture itself in base64.
        case base64 = "b64_json"
    }

    /// As the client named it.
    let model: String
    /// The wish of the client, or nil for the form that is usual for the model.
    let form: Form?
    let request: PictureRequest
    /// The members that only models with a permission for them may take.
    let costly: [ChatRequest.Costly]

    /// The longest prompt, which OpenAI limits to 32,000 characters.
    static let promptLimit = ByteCount.kibibytes(32)
    /// The most pixels of a picture that is asked for, because one price covers all sizes.
    static let mostPixels = 4_194_304

    /// Members that are not sent on as options, because Berth sets them.
    private static let own = [
        "model", "prompt", "n", "size", "response_format", "user", "seed", "image", "mask",
        "stream",
    ]

    /// Reads a body of any size without keeping the loop from other requests.
    ///
    /// - Throws: ``Refusal`` with words for the client.
    static func read(_ body: [UInt8]) async throws(Refusal) -> PictureQuery {
        try await LargeWork.run(on: body.count) { () throws(Refusal) in
            let object: JSONObject
            do throws(JSONError) { object = try JSONObject(body) } catch {
                throw Refusal(error.description)
            }
            return try PictureQuery(object)
        }
    }

    /// Checks what Berth reads of a request and what costs money.
    ///
    /// - Throws: ``Refusal`` with words for the client.
    init(_ object: JSONObject) throws(Refusal) {
        var addresses = ChatAddresses()
        costly = try ChatRequest.members(of: object, in: PictureMember.table, &addresses).costly
        model = try PictureQuery.model(in: object)
        form = try PictureQuery.form(in: object)
        for name in ["image", "mask"] where object.has(name) {
            throw Refusal(
                "'\(name)' is a file of multipart/form-data, sent to /v1/images/edits",
                parameter: name
            )
        }
        var request = PictureRequest(
            prompt: try PictureQuery.prompt(in: object),
            count: try PictureQuery.integer("n", 1...PictureRequest.most, in: object) ?? 1
        )
        request.size = try PictureQuery.size(in: object)
        request.seed = try PictureQuery.integer("seed", 0...Int(UInt32.max), in: object)
        request.options = PictureQuery.options(of: object)
        self.request = request
    }

    private static func model(in object: JSONObject) throws(Refusal) -> String {
        guard object.has("model") else { return ModelCatalog.anyModel }
        guard object.isString("model"), let value = object.value("model"), value.count > 2 else {
            throw Refusal("'model' must be a string, as \"berth\"", parameter: "model")
        }
        return object.word("model", most: ChatRequest.longestModel)
            ?? JSONObject.text(value.prefix(ChatRequest.longestModel)) + "…"
    }

    private static func form(in object: JSONObject) throws(Refusal) -> Form? {
        guard object.has("response_format") else { return nil }
        guard let form = object.word("response_format").flatMap({ Form(rawValue: $0) }) else {
            throw Refusal(
                "'response_format' must be \"url\" or \"b64_json\"",
                parameter: "response_format"
            )
        }
        return form
    }

    /// The form in which a model's pictures are answered.
    ///
    /// OpenAI's newer models know base64 alone, so clients that name them expect it.
    /// Source: <https://platform.openai.com/docs/api-reference/images/create>, "response_format".
    func form(of model: PictureChoice) -> Form {
        let isNewer = model.model.hasPrefix("gpt-image") || model.model.hasPrefix("chatgpt-image")
        return form ?? (isNewer ? .base64 : .url)
    }

    private static func prompt(in object: JSONObject) throws(Refusal) -> String {
        guard object.isString("prompt"), let value = object.value("prompt"),
            !JSONObject.isBlank(value)
        else { throw Refusal("'prompt' must be a text that is not empty", parameter: "prompt") }
        let size = ByteCount(value.count - 2)
        // An escape of six bytes may stand for one.
        guard size <= ByteCount(6 * promptLimit.bytes),
            let prompt = object.string("prompt"), ByteCount(prompt.utf8.count) <= promptLimit
        else {
            throw Refusal("'prompt' is longer than \(promptLimit)", parameter: "prompt")
        }
        return prompt
    }

    private static func integer(
        _ name: String,
        _ range: ClosedRange<Int>,
        in object: JSONObject
    ) throws(Refusal) -> Int? {
        guard object.has(name) else { return nil }
        guard let number = object.integer(name), range.contains(number) else {
            throw Refusal(
                "'\(name)' must be a whole number from \(range.lowerBound) to \(range.upperBound)",
                parameter: name
            )
        }
        return number
    }

    private static func size(in object: JSONObject) throws(Refusal) -> PictureSize? {
        guard object.has("size") else { return nil }
        guard let text = object.word("size"), text != "auto" else {
            if object.isString("size"), object.word("size") == "auto" { return nil }
            throw badSize
        }
        guard let size = PictureSize(text) else { throw badSize }
        guard size.width * size.height <= mostPixels else {
            throw Refusal(
                "'size' has more than \(mostPixels) pixels, which is the limit",
                parameter: "size"
            )
        }
        return size
    }

    private static let badSize = Refusal(
        "'size' must be \"auto\" or a width and a height, as \"1024x1024\"",
        parameter: "size"
    )

    /// The members that Berth does not set, or nil if there are none.
    private static func options(of object: JSONObject) -> JSONObject? {
        let members = object.sorted(without: own).filter { $0.value.first != UInt8(ascii: "n") }
        guard !members.isEmpty else { return nil }
        var json: [UInt8] = []
        for member in members {
            json += json.isEmpty ? [UInt8(ascii: "{")] : [UInt8(ascii: ",")]
            json += JSON.quote(String(decoding: member.name, as: UTF8.self))
            json += [UInt8(ascii: ":")] + member.value
        }
        return try? JSONObject(json + [UInt8(ascii: "}")])
    }
}
