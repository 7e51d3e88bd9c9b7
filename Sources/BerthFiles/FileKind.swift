import BerthText

/// A file's media type, as a client or a provider named it.
package struct FileKind: Equatable, Sendable {
    /// The type that is stored and sent, such as `image/png`.
    package let name: String

    /// The type of a file of which nothing is known.
    package static let unknown = FileKind("")
    /// The longest type that is kept, in bytes.
    private static let longest = 100

    /// Reads a `Content-Type`, without its parameters.
    ///
    /// A text that is not a type counts as `application/octet-stream`.
    package init(_ text: String) {
        let bare = text.cut(toBytes: FileKind.longest + 1).prefix { $0 != ";" && $0 != " " }
            .lowercased()
        let parts = bare.split(separator: "/", omittingEmptySubsequences: false)
        let isType =
            bare.utf8.count <= FileKind.longest && parts.count == 2
            && parts.allSatisfy { part in
                !part.isEmpty && part.utf8.allSatisfy(FileKind.isNameByte)
            }
        name = isType ? bare : "application/octet-stream"
    }

    /// Whether the type is that of a picture.
    package var isPicture: Bool { name.hasPrefix("image/") }

    /// The types that a browser shows without running anything in them, and the ends of their names.
    private static let shown = [
        "image/jpeg": "jpg", "image/png": "png", "image/webp": "webp", "image/gif": "gif",
        "image/avif": "avif", "image/heic": "heic", "text/plain": "txt", "audio/mpeg": "mp3",
        "audio/ogg": "ogg", "audio/wav": "wav", "video/mp4": "mp4", "video/webm": "webm",
    ]

    /// The `Content-Disposition` of a file of this type.
    ///
    /// A type that could run a script, or that is not known, is downloaded and never shown.
    package func disposition(of id: String) -> String {
        guard let end = FileKind.shown[name] else { return "attachment; filename=\"\(id).bin\"" }
        return "inline; filename=\"\(id).\(end)\""
    }

    /// The name of a file of this type, made of its id.
    package func fileName(of id: String) -> String { "\(id).\(FileKind.shown[name] ?? "bin")" }

    /// Letters, digits and the marks of RFC 6838, section 4.2.
    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x61...0x7A: true
        default: "!#$&-^_.+".utf8.contains(byte)
        }
    }
}
