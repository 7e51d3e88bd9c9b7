import Testing

/// Small enough to be read in one go.
@Suite struct SizeTests {
    @Test func `no file is longer than 400 lines`() { expectNone(\.longFile) }

    @Test func `no function is longer than 60 lines`() { expectNone(\.longFunctions) }

    @Test(arguments: [(400, 0), (401, 1)])
    func `a file may have 400 lines`(lines: Int, findings: Int) {
        let text = String(repeating: "let a = 1\n", count: lines)
        #expect(sample(text).longFile.count == findings)
        #expect(sample(text, at: "docs/long.md").longFile.isEmpty)
    }

    @Test(arguments: [
        "func run() {\n", "init(_ a: Int = [1].map { $0 }[0]) throws {\n", "var all: [Int] {\n",
        "func `a b`(\n    c: Int\n) {\n", "subscript(name: String) -> Int {\n", "deinit {\n",
        "func a() {}\n    private static func < (left: Int, right: Int) -> Bool {\n",
    ])
    func `a function of 61 lines is found`(head: String) {
        let body = { String(repeating: "        let text = \"}\" // }\n", count: $0) }
        let lines = head.split(separator: "\n").count - (head.contains("{}") ? 1 : 0)
        let wrap = { "struct S {\n    \(head)\(body($0))    }\n}\n" }
        #expect(sample(wrap(59 - lines)).longFunctions.isEmpty)
        #expect(sample(wrap(60 - lines)).longFunctions.count == 1)
    }

    @Test func `braces in strings and comments do not count`() {
        let text = ##"""
            func quoted() {
                let a = "{ \(["}"].map { "{\($0)" }) {", b = #"{ "# /* { /* { */ } */
                let c = """
                    { " { \(a) {
                    """
                let d = #/{{"/#
            }
            func next() {
            }
            """##
        #expect(sample(text).functions.map(\.lines) == [7, 2])
    }

    @Test func `a requirement of a protocol has no body`() {
        let text = "protocol P {\n    func a()\n    var b: Int { get }\n    init(c: Int)\n}\n"
        #expect(sample(text + "func d() {\n}\n").functions.map(\.name) == ["b", "d"])
    }
}

extension SourceFile {
    /// A function, initializer, subscript or computed property with a body.
    struct Function {
        let name: String
        let line: Int
        let lines: Int
    }

    /// Code longer than is read in one go; prose has no limit.
    var longFile: [Finding] {
        let isProse = [".md", ".txt", ".json"].contains { path.hasSuffix($0) }
        guard lines.count > 400, !isProse else { return [] }
        return [finding(401, "\(lines.count) lines: split it by what its parts do (at most 400)")]
    }

    var longFunctions: [Finding] {
        functions.filter { $0.lines > 60 }.map {
            finding($0.line, "\($0.name) has \($0.lines) lines: name its steps (at most 60)")
        }
    }

    var functions: [Function] {
        tokens.indices.compactMap { index in
            guard isFunctionHead(index), let open = bodyStart(from: index) else { return nil }
            let token = tokens[index]
            let hasName = token.is("func") || token.is("var")
            return Function(
                name: tokens[hasName ? index + 1 : index].text,
                line: token.line,
                lines: tokens[closing(open)].line - token.line + 1
            )
        }
    }

    private func isFunctionHead(_ index: Int) -> Bool {
        let token = tokens[index]
        guard token.kind == .word, index + 1 < tokens.count else { return false }
        guard index == 0 || !tokens[index - 1].is(".") else { return false }
        switch token.text {
        case "func", "var": return true
        case "init", "subscript": return ["(", "<", "?"].contains { tokens[index + 1].is($0) }
        case "deinit": return tokens[index + 1].is("{")
        default: return false
        }
    }

    /// The brace that opens the body; nil for a stored property and a protocol's requirement.
    private func bodyStart(from head: Int) -> Int? {
        let isProperty = tokens[head].is("var")
        var index = head + 1
        while index < tokens.count {
            let token = tokens[index]
            if token.is("{") { return index }
            if token.is("}") || (isProperty && token.is("=")) { return nil }
            if isProperty, token.line != tokens[index - 1].line { return nil }
            if index > head + 1, !tokens[index - 1].is("."), SourceFile.heads.contains(token.text) {
                return nil
            }
            index = token.is("(") || token.is("[") ? closing(index) + 1 : index + 1
        }
        return nil
    }

    /// Words that begin another declaration, so that the one before had no body.
    private static let heads: Set = [
        "func", "var", "let", "init", "deinit", "subscript", "struct", "enum", "actor", "protocol",
        "extension", "typealias", "associatedtype", "import",
    ]
}
