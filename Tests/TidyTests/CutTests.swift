import Testing

/// A rule for cuts of text.
///
/// A count of characters is no bound: one character may consist of millions of bytes, and finding
/// its end takes as long. `prefix` and `suffix` with a number are for lists and bytes.
@Suite struct CutTests {
    @Test func `text is cut by bytes`() { expectNone(\.characterCuts) }

    @Test(arguments: [
        "let a = name.prefix(64)", "let a = name.suffix(3)", "\"\\(role?.prefix(40) ?? \"\")\"",
        "title.unicodeScalars.prefix(60)", "String(text.prefix(n))", "a.b().prefix(2)",
        "error.message.prefix(maxLength: 3)", "\"a\".prefix(1)",
    ])
    func `a cut by characters is found`(text: String) {
        #expect(sample(text).characterCuts.count == 1)
    }

    @Test(arguments: [
        "name.utf8.prefix(64)", "bytes.prefix(64)", "name.cut(toBytes: 64)", "keys.prefix(500)",
        "text.prefix { $0 == \"a\" }", "text.prefix(while: isCapital)", "ranked(at: now).prefix(2)",
        "func prefix(_ a: Int) {}", "// name.prefix(3)", "prefix(3)",
    ])
    func `a cut of bytes or of a list is not`(text: String) {
        #expect(sample(text).characterCuts.isEmpty)
    }

    @Test func `tests may cut as they like`() {
        let file = sample("name.prefix(64)", at: "Tests/BerthBotTests/Sample.swift")
        #expect(file.characterCuts.isEmpty)
    }
}

extension SourceFile {
    /// Names of lists and bytes, and of functions that return them.
    private static let lists: Set = [
        "utf8", "bytes", "quoted", "inner", "value", "whole", "letters", "line", "lines", "words",
        "names", "nodes", "keys", "ordered", "hash", "data", "unknown", "rest", "indices", "ranked",
        "reversed", "dropFirst", "piece", "failures", "idle", "elements", "sorted", "ordered",
    ]

    var characterCuts: [Finding] {
        guard isSwift, !isTest else { return [] }
        return ["prefix", "suffix"].flatMap { places(of: [".", $0, "("]) }
            .filter { isCut($0) }
            .map {
                finding(
                    tokens[$0].line,
                    "a cut by characters: use cut(toBytes:), or give a list a name that says so"
                )
            }
    }

    /// Whether the call at this dot takes a number, and its receiver may be a text.
    private func isCut(_ dot: Int) -> Bool {
        guard dot > 0, dot + 3 < tokens.count, !tokens[dot + 3].is("while") else { return false }
        var before = dot - 1
        while before > 0, tokens[before].is("?") || tokens[before].is("]") { before -= 1 }
        if tokens[before].is(")"), let open = opening(before), open > 0 { before = open - 1 }
        return tokens[before].kind == .string || !SourceFile.lists.contains(tokens[before].text)
    }
}
