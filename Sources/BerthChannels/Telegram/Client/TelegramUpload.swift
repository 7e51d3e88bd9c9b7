package import BerthProviders

/// A file that is sent to a chat.
package struct TelegramUpload: Sendable {
    private enum Content: Sendable {
        case bytes([UInt8])
        case file(any SourcePicture)
        /// A file that Telegram has already.
        case known(String)
    }

    private let name: String
    private let type: String
    private let content: Content

    /// Makes a file from bytes in memory.
    ///
    /// - Parameters:
    ///   - name: the file's name for the user. Characters that a header cannot carry become `_`.
    ///   - type: the type, such as `text/plain`.
    ///   - bytes: the content, 1 byte or more.
    package init(name: String, type: String, bytes: [UInt8]) {
        (self.name, self.type, content) = (Self.header(name), Self.header(type), .bytes(bytes))
    }

    /// Makes a file from one on disk, which is read while it is sent.
    package init(name: String, type: String, file: any SourcePicture) {
        (self.name, self.type, content) = (Self.header(name), Self.header(type), .file(file))
    }

    /// Makes a file that this bot has sent or received before, from its `file_id`.
    package init(known id: String) { (name, type, content) = ("", "", .known(id)) }

    /// The `file_id` of a file that Telegram has, or nil.
    var known: String? { if case .known(let id) = content { id } else { nil } }

    private static func header(_ text: String) -> String {
        let scalars = text.unicodeScalars.map { scalar in
            scalar.value < 0x20 || scalar == "\"" || scalar == "\\" || scalar.value == 0x7F
                ? "_" : scalar
        }
        return String(String.UnicodeScalarView(scalars))
    }

    /// Appends the part of a form, or nothing for a file that Telegram has.
    func append(to body: inout [PictureUpload.Part], as field: String, _ boundary: String) {
        guard known == nil else { return }
        let head =
            "--\(boundary)\r\nContent-Disposition: form-data; name=\"\(field)\"; "
            + "filename=\"\(name)\"\r\nContent-Type: \(type)\r\n\r\n"
        body.append(.bytes(Array(head.utf8)))
        switch content {
        case .bytes(let bytes): body.append(.bytes(bytes))
        case .file(let file): body.append(.picture(file))
        case .known: break
        }
        body.append(.bytes(Array("\r\n".utf8)))
    }
}
