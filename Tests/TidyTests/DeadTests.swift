import Testing

/// A rule against tests that never run.
@Suite struct DeadTests {
    @Test func `every function named like a test is one`() { expectNone(\.deadTests) }

    @Test func `the repository's own tests are seen`() {
        #expect(Repository.files.flatMap(\.testNames).count > 20)
    }

    @Test(arguments: [
        "func `a lease ends`() {}", "    func testLease() {}", "@Loop\nfunc `a lease ends`() {}",
        "@Test func a() {}\n\nfunc `a lease ends`() {}", "func test_lease() async throws {\n}",
    ])
    func `a test without @Test is found`(text: String) {
        let file = sample("import Testing\n\(text)", at: "Tests/BerthBotTests/Sample.swift")
        #expect(file.deadTests.count == 1)
    }

    @Test(arguments: [
        "@Test func `a lease ends`() {}", "@Loop @Test\nfunc `a lease ends`() {}",
        "@Test(arguments: [\n    [1, 2].map { $0 },\n])\nfunc `a lease ends`(a: Int) {}",
        "func tested() {}", "func `is`() {}", "private nonisolated func testMain() {}",
        "/// A helper.\nfunc makeLease() {}",
    ])
    func `a test with it and a helper are not`(text: String) {
        let file = sample("import Testing\n\(text)", at: "Tests/BerthBotTests/Sample.swift")
        #expect(file.deadTests.isEmpty)
    }
}

extension SourceFile {
    /// The keywords of functions with the name of a test: a sentence, or `test…` without `private`.
    private var tests: [Int] {
        guard isTest, !places(of: ["import", "Testing"]).isEmpty else { return [] }
        return places(of: ["func"]).filter { index in
            let name = index + 1 < tokens.count ? tokens[index + 1].text : ""
            let rest = name.hasPrefix("test") ? name.dropFirst(4).first : nil
            let isPrivate = tokens[max(0, index - 3)..<index].contains { $0.is("private") }
            return name.contains(" ")
                || !isPrivate && rest.map { $0.isUppercase || $0 == "_" } ?? false
        }
    }

    var testNames: [String] { tests.map { tokens[$0 + 1].text } }

    var deadTests: [Finding] {
        tests.filter { !isMarked($0) }.map {
            finding(
                tokens[$0].line,
                "\(tokens[$0 + 1].text) never runs: mark it @Test or rename it"
            )
        }
    }

    /// Whether `@Test` stands between the declaration before and this function.
    private func isMarked(_ function: Int) -> Bool {
        var index = function - 1
        while index >= 0 {
            if tokens[index].is("Test"), index > 0, tokens[index - 1].is("@") { return true }
            if ["}", "{", "func", "var", "let"].contains(tokens[index].text) { return false }
            if tokens[index].is(")") {
                guard let open = opening(index) else { return false }
                index = open
            }
            index -= 1
        }
        return false
    }
}
