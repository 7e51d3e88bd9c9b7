import FoundationEssentials
import Testing

/// A text of the repository.
///
/// Each rule is a property of it that lists the places that break it.
struct SourceFile: Sendable {
    /// The path from the repository's root, such as `Sources/BerthLoop/Loop.swift`.
    let path: String
    let text: String
    let lines: [Substring]
    /// The tokens of Swift code.
    ///
    /// Other texts have none.
    let tokens: [Token]
    /// The text of Swift's comments by line.
    let comments: [Int: String]

    init(path: String, text: String) {
        self.path = path
        self.text = text
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        if lines.last == "" { lines.removeLast() }
        self.lines = lines
        let lexer = path.hasSuffix(".swift") ? Lexer(text) : nil
        tokens = lexer?.tokens ?? []
        comments = lexer?.comments ?? [:]
    }

    var isSwift: Bool { path.hasSuffix(".swift") }

    var isTest: Bool { path.hasPrefix("Tests/") }

    /// The file's target, such as `BerthLoop` or `BerthLoopTests`.
    ///
    /// Files outside `Sources` and `Tests` have none.
    var target: String {
        let parts = path.split(separator: "/")
        return parts.count > 2 && ["Sources", "Tests"].contains(parts[0]) ? String(parts[1]) : ""
    }

    /// The module that the file belongs to or tests.
    var module: String {
        isTest && target.hasSuffix("Tests") ? String(target.dropLast("Tests".count)) : target
    }

    /// A line of this file with the advice for it.
    func finding(_ line: Int, _ advice: String) -> Finding {
        Finding(path: path, line: line, advice: advice)
    }

    // MARK: Reading tokens

    /// The positions where these words and symbols follow each other, with any space between them.
    func places(of pattern: [String]) -> [Int] {
        tokens.indices.filter { start in
            start + pattern.count <= tokens.count
                && pattern.indices.allSatisfy { tokens[start + $0].is(pattern[$0]) }
        }
    }

    /// The token that closes the bracket at `open`, or the last one.
    func closing(_ open: Int) -> Int {
        var depth = 0
        for index in open..<tokens.count where tokens[index].kind == .symbol {
            if "([{".contains(tokens[index].text) { depth += 1 }
            if ")]}".contains(tokens[index].text) { depth -= 1 }
            if depth == 0 { return index }
        }
        return tokens.count - 1
    }

    /// The parenthesis that `close` closes.
    func opening(_ close: Int) -> Int? {
        tokens.indices.prefix(close).last { tokens[$0].is("(") && closing($0) == close }
    }
}

/// A place that breaks a rule.
struct Finding: Sendable, CustomStringConvertible {
    let path: String
    let line: Int
    let advice: String

    var description: String { "\(path):\(line): \(advice)" }
}

/// The repository that this test was built from.
enum Repository {
    static let root = String(
        #filePath.prefix(#filePath.count - "/Tests/TidyTests/SourceFile.swift".count)
    )

    /// Every text that people write.
    static let files: [SourceFile] =
        ["Sources", "Tests", "bench", "config", "ops", "scripts", "docs", ".ci"].flatMap(
            files(under:)
        )
        + names(in: "").filter { $0.hasSuffix(".md") || $0.hasSuffix(".swift") }.compactMap(file)

    private static func names(in folder: String) -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: "\(root)/\(folder)")) ?? []).sorted()
    }

    private static func files(under folder: String) -> [SourceFile] {
        names(in: folder).filter { !$0.hasPrefix(".") && $0 != "__pycache__" }.flatMap { name in
            let path = "\(folder)/\(name)"
            return file(path).map { [$0] } ?? files(under: path)
        }
    }

    /// The file at `path`, or nil for a folder and for a file that is no text.
    private static func file(_ path: String) -> SourceFile? {
        guard let text = try? String(contentsOfFile: "\(root)/\(path)", encoding: .utf8) else {
            return nil
        }
        return SourceFile(path: path, text: text)
    }
}

/// Checks a rule against the whole repository.
///
/// Each place that breaks it is a failure of its own.
func expectNone(_ rule: (SourceFile) -> [Finding]) {
    #expect(Repository.files.count > 50, "\(Repository.root) does not look like the repository")
    for finding in Repository.files.flatMap(rule) {
        let name = finding.path.split(separator: "/").suffix(2).joined(separator: "/")
        Issue.record(
            "\(finding)",
            sourceLocation: SourceLocation(
                fileID: name.contains("/") ? name : "berth/\(name)",
                filePath: "\(Repository.root)/\(finding.path)",
                line: finding.line,
                column: 1
            )
        )
    }
}

/// A sample text for a rule.
func sample(_ text: String, at path: String = "Sources/BerthBot/Sample.swift") -> SourceFile {
    SourceFile(path: path, text: text)
}
