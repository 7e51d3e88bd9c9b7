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

    /// Chooses the files of an answer.
    ///
    /// - Parameters:
    ///   - markdown: the whole answer.
    ///   - mostParts: the most messages of an answer that is not sent as a file.
    ///   - limits: the lengths of the messages.
    package init(of markdown: String, mostParts: Int, limits: TelegramLimits = .messages) {
        var blocks = MarkdownBlocks()
        blocks.push(markdown)
        blocks.finish()
        var text = TelegramText(limits: limits)
        for block in withoutLongCode(blocks.take()) { text.add(block) }
        text.finish()
        parts = text.take()
        if parts.count > mostParts {
            files = [TelegramFile(name: "answer.md", content: markdown)]
            parts = []
        }
    }

    /// The blocks, with names of files in the place of long code.
    private mutating func withoutLongCode(_ all: [MarkdownBlock]) -> [MarkdownBlock] {
        var (kept, at) = ([MarkdownBlock](), 0)
        while at < all.count {
            // A long code block comes in pieces.
            let end =
                all[(at + 1)...].firstIndex { $0.join == .apart || $0.join == .near } ?? all.count
            let pieces = all[at..<end]
            at = end
            guard let first = pieces.first, case .code(let language) = first.kind,
                files.count < Self.most
            else {
                kept += pieces
                continue
            }
            let code = pieces.dropFirst().reduce(into: first.text) { code, piece in
                if piece.join == .line { code.append(0x0A) }
                code += piece.text
            }
            let content = String(decoding: code, as: UTF8.self)
            guard content.utf16.count > Self.longestCode else {
                kept += pieces
                continue
            }
            let name = name(in: language)
            files.append(TelegramFile(name: name, content: content))
            kept.append(first.replaced(by: "`\(name)`"))
        }
        return kept
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
