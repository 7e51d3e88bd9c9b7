import BerthHTTP
import BerthLoop
import BerthProviders
import BerthText

/// The fields and pictures of a request to ``FakeOpenAIPictures``.
struct FakePictureForm: Sendable {
    /// The fields as text.
    var fields: [String: String] = [:]
    /// The pictures, in their order.
    ///
    /// `head` has their first bytes, at most ``mostHead``.
    var files: [(name: String, kind: String, bytes: Int, head: [UInt8])] = []

    /// The bytes of a file that are kept: a header with the size of its picture fits.
    static let mostHead = 64 << 10

    var prompt: String { fields["prompt"] ?? "" }
    var size: PictureSize? { fields["size"].flatMap { PictureSize($0) } }

    /// Reads a body of JSON or `multipart/form-data`; nil for any other.
    @Loop static func read(_ request: HTTPRequest) async -> FakePictureForm? {
        let type = request.headers["content-type"] ?? ""
        guard type.hasPrefix("multipart/form-data"), let mark = type.firstRange(of: "boundary=")
        else {
            guard let object = await FakeOpenAI.body(of: request) else { return nil }
            var form = FakePictureForm()
            object.each { name, value in
                let isText = value.first == UInt8(ascii: "\"")
                form.fields[String(decoding: name, as: UTF8.self)] =
                    isText ? JSONObject.text(value) : String(decoding: value, as: UTF8.self)
            }
            return form
        }
        var bytes: [UInt8] = []
        do { while let piece = try await request.body.next() { bytes += piece } } catch {
            return nil
        }
        return FakePictureForm(bytes, boundary: String(type[mark.upperBound...]))
    }

    init() {}

    private init?(_ bytes: [UInt8], boundary: String) {
        let line = "--\(boundary)"
        guard var at = bytes.offset(of: line) else { return nil }
        while let next = bytes.offset(of: "\r\n" + line, from: at) {
            let start = at + line.utf8.count + 2
            guard start <= next, let end = bytes.offset(of: "\r\n\r\n", from: start), end < next
            else { return nil }
            let head = String(decoding: bytes[start..<end], as: UTF8.self)
            let piece = bytes[(end + 4)..<max(end + 4, next)]
            guard let name = FakePictureForm.part(head, "name=\"", "\"") else { return nil }
            if head.contains("filename=\"") {
                let kind = FakePictureForm.part(head + "\r", "Content-Type: ", "\r") ?? ""
                let start = Array(piece.prefix(FakePictureForm.mostHead))
                files.append((name, kind, piece.count, start))
            } else {
                fields[name] = String(decoding: piece, as: UTF8.self)
            }
            at = next + 2
        }
    }

    private static func part(_ text: String, _ start: String, _ end: Character) -> String? {
        guard let range = text.firstRange(of: start) else { return nil }
        return String(text[range.upperBound...].prefix { $0 != end && $0 != "\r\n" })
    }
}
