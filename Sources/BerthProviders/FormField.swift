import BerthHTTP
import BerthText

/// A field of a body of `multipart/form-data` (RFC 7578).
enum FormField {
    /// Whether a value is a text, a number or a truth, which a field can be.
    static func isPlain(_ value: ArraySlice<UInt8>) -> Bool {
        guard let first = value.first, value.count <= 256 else { return false }
        return !"{[n".utf8.contains(first)
    }

    /// The text of a plain JSON value.
    static func text(_ value: [UInt8]) -> [UInt8] {
        value.first == UInt8(ascii: "\"") ? Array(JSONObject.text(value[...]).utf8) : value
    }

    /// The lines before a field's value.
    static func head(_ name: String, boundary: String) -> [UInt8] {
        Array((start(name, boundary) + "\r\n\r\n").utf8)
    }

    /// The lines before a file's bytes.
    ///
    /// - Parameters:
    ///   - name: the field's name.
    ///   - file: the file's name, without quotes and line breaks.
    ///   - kind: the media type, which a header can carry.
    ///   - boundary: the boundary.
    /// - Returns: the lines in UTF-8.
    static func head(
        _ name: String,
        called file: String,
        kind: String,
        boundary: String
    ) -> [UInt8] {
        let kind = HTTPHeaders.isValue(kind) ? kind : "application/octet-stream"
        let lines = "; filename=\"\(file)\"\r\nContent-Type: \(kind)\r\n\r\n"
        return Array((start(name, boundary) + lines).utf8)
    }

    private static func start(_ name: String, _ boundary: String) -> String {
        "--\(boundary)\r\nContent-Disposition: form-data; name=\"\(name)\""
    }
}
