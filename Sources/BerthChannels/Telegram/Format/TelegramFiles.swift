import BerthText

/// A file that is sent beside the messages of an answer.
package struct TelegramFile: Equatable, Sendable {
    /// The name with its extension, in ASCII.
    package let name: String
    /// The content.
    package let content: String
}

/// An answer of which the long parts are files, because they read better so.
///
/// A code block of more than ``longestCode`` units becomes a file with the extension of its
/// language. If the rest would be more messages than allowed, the whole answer becomes one file
/// instead.
package struct TelegramFiles: Equatable, Sendable {
    /// The longest code block that stays in a message, in UTF-16 units.
    package static let longestCode = 3_500
    /// The most files of one answer.
    ///
    /// Further code blocks stay in the messages.
    package static let most = 10

    /// The files, in the order of the answer.
    ///
    /// Empty if the answer reads best without files.
    package private(set) var files: [TelegramFile] = []
    /// The messages.
    ///
    /// A file's name stands in the place of its code block.
    package private(set) var parts: [TelegramPart] = []
    /// The pieces of a code block whose end has not come.
    private var code: [MarkdownBlock] = []

    /// Chooses the files of an answer.
    ///
    /// - Parameters:
    ///   - markdown: the whole answer.
    ///   - mostParts: the most messages of an answer that is not sent as a file.
    ///   - limits: the lengths of the messages.
    package init(of markdown: String, mostParts: Int, limits: TelegramLimits = .messages) {
        var (blocks, text) = (MarkdownBlocks(), TelegramText(limits: limits))
        for piece in markdown.formatted where parts.count <= mostParts {
            blocks.push(piece)
            for block in blocks.take() { add(block, to: &text) }
            parts += text.take()
        }
        blocks.finish()
        for block in blocks.take() { add(block, to: &text) }
        addCode(to: &text)
        text.finish()
        parts += text.take()
        if parts.count > mostParts {
            files = [TelegramFile(name: "answer.md", content: markdown)]
            parts = []
        }
    }

    /// Adds the next block, of which a code block is held back until its end.
    private mutating func add(_ block: MarkdownBlock, to text: inout TelegramText) {
        let isNext = block.join == .line || block.join == .inline
        if !isNext { addCode(to: &text) }
        if isNext, !code.isEmpty {
            code.append(block)
        } else if case .code = block.kind, !isNext, files.count < Self.most {
            code = [block]
        } else {
            text.add(block)
        }
    }

    /// Adds the code block that was held back, or the name of its file if it is long.
    private mutating func addCode(to text: inout TelegramText) {
        guard let first = code.first, case .code(let language) = first.kind else { return }
        let pieces = code
        code = []
        let bytes = pieces.dropFirst().reduce(into: first.text) { bytes, piece in
            if piece.join == .line { bytes.append(0x0A) }
            bytes += piece.text
        }
        let content = String(decoding: bytes, as: UTF8.self)
        guard content.utf16.count > Self.longestCode else {
            for piece in pieces { text.add(piece) }
            return
        }
        let name = name(in: language)
        files.append(TelegramFile(name: name, content: content))
        text.add(first.replaced(by: "`\(name)`"))
    }

    private func name(in language: String) -> String {
        let number = files.isEmpty ? "" : "-\(files.count + 1)"
        return "code\(number).\(Self.fileExtension(of: language.lowercased()))"
    }

    private static func fileExtension(of language: String) -> String {
        if let known = extensions[language] { return known }
        let isPlain =
            (1...8).contains(language.utf8.count)
            && language.utf8.allSatisfy { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) }
        return isPlain ? language : "txt"
    }

    /// Languages whose names are not their extensions.
    private static let extensions = [
        "python": "py", "python3": "py", "javascript": "js", "typescript": "ts", "kotlin": "kt",
        "c++": "cpp", "csharp": "cs", "c#": "cs", "rust": "rs", "golang": "go", "ruby": "rb",
        "perl": "pl", "bash": "sh", "shell": "sh", "zsh": "sh", "console": "txt", "text": "txt",
        "plaintext": "txt", "markdown": "md", "yaml": "yml", "latex": "tex", "haskell": "hs",
        "powershell": "ps1", "objective-c": "m", "makefile": "mk", "dockerfile": "txt",
        "fsharp": "fs",
    ]
}
