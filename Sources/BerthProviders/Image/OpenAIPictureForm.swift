import BerthHTTP
import BerthText

/// The request to OpenAI's images API that a call is written as.
///
/// Source: <https://platform.openai.com/docs/api-reference/images>, as of 2026-11.
struct OpenAIPictureForm {
    /// The families of models, whose members differ.
    enum Family: Equatable {
        /// OpenAI's `gpt-image` models, which answer in base64 and refuse `response_format`.
        case gptImage
        case dallE2
        case dallE3
        /// Models of other servers.
        case other

        /// Finds the family of a model by its name.
        init(_ model: String) {
            let name = model.split(separator: "/").last.map(String.init) ?? model
            self =
                if name.hasPrefix("gpt-image") || name.hasPrefix("chatgpt-image") {
                    .gptImage
                } else if name.hasPrefix("dall-e-2") {
                    .dallE2
                } else if name.hasPrefix("dall-e-3") {
                    .dallE3
                } else {
                    .other
                }
        }

        /// The most pictures of one request.
        var most: Int { self == .dallE3 ? 1 : PictureRequest.most }

        /// The members of ``PictureRequest/options`` that the family has.
        func takes(_ name: String) -> Bool {
            let members: [String] =
                switch self {
                case .gptImage:
                    [
                        "quality", "background", "output_format", "output_compression",
                        "moderation", "input_fidelity",
                    ]
                case .dallE2: []
                case .dallE3: ["quality", "style"]
                case .other:
                    [
                        "quality", "background", "output_format", "output_compression",
                        "moderation", "input_fidelity", "style",
                    ]
                }
            return members.contains(name)
        }
    }

    private let call: PictureCall
    private let family: Family
    private let count: Int
    /// The members that the server is known to refuse.
    private let refused: Set<String>

    /// The members that Berth adds by itself and can leave out.
    static let optional = ["response_format", "user"]

    /// Makes the form of a request for `count` of the call's pictures.
    init(_ call: PictureCall, count: Int, without refused: Set<String>) {
        self.call = call
        self.count = count
        self.refused = refused
        family = Family(call.model)
    }

    /// Whether it is a request to edit pictures.
    var isEdit: Bool { !call.request.inputs.isEmpty }

    /// The media type of the pictures that the server makes, if the request decides it.
    var kind: String? {
        let format = call.request.options?.word("output_format", most: 16)
        if let format, family.takes("output_format") {
            return format == "jpg" ? "image/jpeg" : "image/\(format)"
        }
        return family == .gptImage ? "image/png" : nil
    }

    /// The members, each with its JSON.
    private var members: [(name: String, value: [UInt8])] {
        let request = call.request
        var members: [(name: String, value: [UInt8])] = [
            ("model", JSON.quote(call.model)), ("prompt", JSON.quote(request.prompt)),
            ("n", Array("\(count)".utf8)),
        ]
        if let size = request.size { members.append(("size", JSON.quote("\(size)"))) }
        // OpenAI's models have no seed, and refuse one.
        if family == .other, let seed = request.seed {
            members.append(("seed", Array("\(seed)".utf8)))
        }
        request.options?.each { name, value in
            let name = String(decoding: name, as: UTF8.self)
            guard family.takes(name), FormField.isPlain(value) else { return }
            members.append((name, Array(value)))
        }
        if family != .gptImage, !refused.contains("response_format") {
            members.append(("response_format", JSON.quote("b64_json")))
        }
        if !refused.contains("user") { members.append(("user", JSON.quote(call.user))) }
        return members
    }

    /// The body of a request without pictures.
    var json: [UInt8] {
        var out: [UInt8] = []
        for (name, value) in members {
            out.append(UInt8(ascii: out.isEmpty ? "{" : ","))
            out += JSON.quote(name) + [UInt8(ascii: ":")] + value
        }
        return out + [UInt8(ascii: "}")]
    }

    /// The parts of a body of `multipart/form-data` with the call's pictures.
    func multipart(boundary: String) -> [PictureUpload.Part] {
        var parts: [PictureUpload.Part] = []
        var text: [UInt8] = []
        for (name, value) in members {
            text += FormField.head(name, boundary: boundary)
            text += FormField.text(value) + Array("\r\n".utf8)
        }
        func add(_ name: String, _ picture: any SourcePicture) {
            text += OpenAIPictureForm.head(name, picture.kind, boundary)
            parts += [.bytes(text), .picture(picture)]
            text = Array("\r\n".utf8)
        }
        let inputs = call.request.inputs
        for input in inputs { add(inputs.count > 1 ? "image[]" : "image", input) }
        if let mask = call.request.mask { add("mask", mask) }
        text += "--\(boundary)--\r\n".utf8
        return parts + [.bytes(text)]
    }

    /// The lines before a picture's bytes.
    private static func head(_ name: String, _ kind: String, _ boundary: String) -> [UInt8] {
        let kind = HTTPHeaders.isValue(kind) && kind.hasPrefix("image/") ? kind : "image/png"
        let end = kind.dropFirst("image/".count).prefix { $0.isASCII && $0.isLetter }
        return FormField.head(name, called: "picture.\(end)", kind: kind, boundary: boundary)
    }
}
