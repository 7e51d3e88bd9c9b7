import BerthHTTP
import BerthText

/// The input of a model at fal, made of a request.
enum FalInput {
    /// The members of OpenAI's that models at fal have under the same names.
    private static let shared = ["output_format", "quality", "background"]
    /// The parts of the names of models that take a list of pictures even if there is one.
    private static let lists = [
        "nano-banana", "gemini", "gpt-image", "seedream", "flux-2", "multi", "edit-plus",
    ]

    /// The parts of the body, of which only pictures are not bytes.
    ///
    /// Pictures are sent as data URLs.
    static func parts(_ request: PictureRequest, model: String) -> [PictureUpload.Part] {
        var writer = Writer()
        writer.add("prompt", JSON.quote(request.prompt))
        writer.add("num_images", Array("\(request.count)".utf8))
        if let size = request.size {
            let size = #"{"width":\#(size.width),"height":\#(size.height)}"#
            writer.add("image_size", Array(size.utf8))
        }
        if let seed = request.seed { writer.add("seed", Array("\(seed)".utf8)) }
        for name in shared {
            guard let value = request.options?.word(name, most: 32) else { continue }
            writer.add(name, JSON.quote(value == "jpg" ? "jpeg" : value))
        }
        if request.inputs.count > 1 || lists.contains(where: { model.contains($0) }) {
            writer.add("image_urls", request.inputs)
        } else if let input = request.inputs.first {
            writer.add("image_url", input)
        }
        if let mask = request.mask { writer.add("mask_url", mask) }
        return writer.finished
    }

    /// A writer of a JSON object with pictures in it.
    private struct Writer {
        private var parts: [PictureUpload.Part] = []
        private var text: [UInt8] = [UInt8(ascii: "{")]

        mutating func add(_ name: String, _ value: [UInt8]) {
            begin(name)
            text += value
        }

        mutating func add(_ name: String, _ picture: any SourcePicture) {
            begin(name)
            add(picture)
        }

        mutating func add(_ name: String, _ pictures: [any SourcePicture]) {
            guard !pictures.isEmpty else { return }
            begin(name)
            for (index, picture) in pictures.enumerated() {
                text.append(UInt8(ascii: index == 0 ? "[" : ","))
                add(picture)
            }
            text.append(UInt8(ascii: "]"))
        }

        private mutating func begin(_ name: String) {
            if !parts.isEmpty || text.count > 1 { text.append(UInt8(ascii: ",")) }
            text += JSON.quote(name) + [UInt8(ascii: ":")]
        }

        private mutating func add(_ picture: any SourcePicture) {
            let kind = HTTPHeaders.isValue(picture.kind) ? picture.kind : "image/png"
            text += "\"data:\(kind);base64,".utf8
            parts.append(.bytes(text))
            parts.append(.base64(picture))
            text = [UInt8(ascii: "\"")]
        }

        var finished: [PictureUpload.Part] {
            parts + [.bytes(text + [UInt8(ascii: "}")])]
        }
    }
}
