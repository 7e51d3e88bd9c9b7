import Testing

/// Rules for sizes, so that each part can be read in one go.
@Suite struct SizeTests {
    @Test func `no file is longer than 400 lines`() { expectNone(\.longFile) }

    @Test func `no function is longer than 60 lines`() { expectNone(\.longFunctions) }

    @Test func `no function has more than six parameters`() { expectNone(\.wideFunctions) }

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

    @Test(arguments: [
        "func a(_: Int, _: Int, _: Int, _: Int, _: Int, _: Int, b: Int) {}",
        "init?(a: Int, b: [Int: Int], c: (Int, Int) -> Int, d: String = \"\", e: A<B, C>, f: D, g: E)",
        "subscript(a: A, b: A, c: A, d: A, e: A, f: A, g: A) -> A { a }",
        "func a<A: B, C>(\n    a: A,\n    b b: A,\n    c: A,\n    d: A,\n    e: A, f: A, g: A\n) {}",
        "nonisolated func a(_ a: UnsafeMutableRawPointer?, b: A, c: A, d: A, e: A, f: A, g: A) {}",
        "func < (a: A, b: A, c: A, d: A, e: A, f: A, g: A) {}",
    ])
    func `a function of seven parameters is found`(text: String) {
        #expect(sample(text).wideFunctions.count == 1)
    }

    @Test(arguments: [
        "func a(a: A, b: A, c: A, d: A, e: A, f: A) { b(a: 1, b: 2, c: 3, d: 4, e: 5, f: 6, g: 7) }",
        "init(a: [A: B], b: @escaping (_ c: A, _ d: A) -> A, e: A<B, C>, f: (g: A, h: A)) {}",
        "func a() {}", "a.init(a: 1, b: 2, c: 3, d: 4, e: 5, f: 6, g: 7)",
        "let a: (_ a: A, _ b: A, _ c: A, _ d: A, _ e: A, _ f: A, _ g: A) -> A",
        "nonisolated func a(\n    _ a: UnsafeMutableRawPointer?, _: A, _: A, _: A, _ b: A, _: A, _: A\n"
            + ") {}",
    ])
    func `one of six, a call and a callback of C are not`(text: String) {
        #expect(sample(text).wideFunctions.isEmpty)
    }

    @Test func `a requirement of a protocol has no body`() {
        let text = "protocol P {\n    func a()\n    var b: Int { get }\n    init(c: Int)\n}\n"
        #expect(sample(text + "func d() {\n}\n").functions.map(\.name) == ["b", "d"])
    }
}

extension SourceFile {
    /// A function, initialiser, subscript or computed property with a body.
    struct Function {
        let name: String
        let line: Int
        let lines: Int
    }

    /// A file of more than 400 lines.
    ///
    /// Prose and lists that a program writes have no limit.
    var longFile: [Finding] {
        let isFree = [".md", ".txt", ".json", ".order"].contains { path.hasSuffix($0) }
        guard lines.count > 400, !isFree else { return [] }
        return [finding(401, "\(lines.count) lines: split it by what its parts do (at most 400)")]
    }

    var longFunctions: [Finding] {
        functions.filter { $0.lines > 60 }.map {
            finding($0.line, "\($0.name) has \($0.lines) lines: name its steps (at most 60)")
        }
    }

    var wideFunctions: [Finding] {
        tokens.indices.compactMap { index in
            guard isFunctionHead(index), !tokens[index].is("var"),
                let open = parameterList(of: index), !isCallback(index, open)
            else { return nil }
            let count = parameters(open).count
            guard count > 6 else { return nil }
            return finding(
                tokens[index].line,
                "\(count) parameters: make a value of those that belong together, 6 are the most"
            )
        }
    }

    /// The parenthesis that opens the parameters of the function at `head`.
    private func parameterList(of head: Int) -> Int? {
        var index = tokens[head].is("func") ? head + 2 : head + 1
        var depth = 0
        while index < tokens.count {
            if tokens[index].is("<") { depth += 1 }
            if tokens[index].is(">") { depth -= 1 }
            if depth == 0, tokens[index].is("(") { return index }
            if tokens[index].is("{") { return nil }
            index += 1
        }
        return nil
    }

    /// The colons before the parameters' types, without those in brackets and default values.
    private func parameters(_ open: Int) -> [Int] {
        let close = closing(open)
        var found: [Int] = []
        var (index, isDefault) = (open + 1, false)
        while index < close {
            if tokens[index].is(":"), !isDefault { found.append(index) }
            if tokens[index].is("=") { isDefault = true }
            if tokens[index].is(",") { isDefault = false }
            let opens = ["(", "[", "{"].contains { tokens[index].is($0) }
            index = opens ? closing(index) + 1 : index + 1
        }
        return found
    }

    /// Whether a C library dictates the parameters.
    ///
    /// Such a function is bound to no actor, has no labels, and takes a `void *` (CONTRIBUTING.md,
    /// "C libraries").
    private func isCallback(_ head: Int, _ open: Int) -> Bool {
        let colons = parameters(open)
        let isUnlabelled = colons.allSatisfy { tokens[$0 - 1].is("_") || tokens[$0 - 2].is("_") }
        let hasContext = colons.contains { tokens[$0 + 1].is("UnsafeMutableRawPointer") }
        return head > 0 && tokens[head - 1].is("nonisolated") && isUnlabelled && hasContext
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

    /// The brace that opens the body, or nil for a stored property and a protocol's requirement.
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

    /// Words that begin another declaration.
    ///
    /// The declaration before them has no body.
    private static let heads: Set = [
        "func", "var", "let", "init", "deinit", "subscript", "struct", "enum", "actor", "protocol",
        "extension", "typealias", "associatedtype", "import",
    ]
}
