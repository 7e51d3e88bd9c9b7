import Testing

/// Rules for text of any length: it is cut by bytes, and compared within a bound.
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

    @Test func `words of JSON are compared within a bound`() { expectNone(\.boundlessWords) }

    @Test(arguments: [
        "a.string(\"type\") == \"b\"", "a?.string(\"type\") != b",
        "switch part?.string(\"type\") {", "switch a.string(name) { case \"b\": c }",
        "guard object.string(\"a\") ?? \"b\" == \"b\" else { return }",
    ])
    func `a comparison of a text of any length is found`(text: String) {
        #expect(sample(text).boundlessWords.count == 1)
    }

    @Test(arguments: [
        "a.word(\"type\") == \"b\"", "switch a.word(\"type\") {", "let a = b.string(\"c\") ?? \"\"",
        "switch a.string(\"type\")?.cut(toBytes: 64) {", "if let a = b.string(\"c\") { d(a) }",
    ])
    func `one of a word, and another use, are not`(text: String) {
        #expect(sample(text).boundlessWords.isEmpty)
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

    /// Comparisons of a member of foreign JSON as a whole.
    ///
    /// The program's own client and the fakes read what the service wrote.
    var boundlessWords: [Finding] {
        guard isSwift, !isTest, !["berth", "BerthSimulation"].contains(target) else { return [] }
        return places(of: [".", "string", "("]).filter { isCompared($0) }.map {
            finding(tokens[$0].line, "a comparison of a text of any length: use word(_:)")
        }
    }

    /// Whether the result of the call at this dot is compared, also after `??`, or switched over.
    private func isCompared(_ dot: Int) -> Bool {
        var after = closing(dot + 2) + 1
        func sees(_ symbols: [String]) -> Bool {
            after + symbols.count <= tokens.count
                && symbols.indices.allSatisfy { tokens[after + $0].is(symbols[$0]) }
        }
        if sees(["?", "?"]) { after += 3 }
        if sees(["=", "="]) || sees(["!", "="]) { return true }
        let line = tokens[dot].line
        return sees(["{"])
            && tokens[..<dot].reversed().prefix { $0.line == line }.contains { $0.is("switch") }
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
