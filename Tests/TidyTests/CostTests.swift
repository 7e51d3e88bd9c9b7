import Testing

/// Rules for work that each request would repeat.
@Suite struct CostTests {
    @Test func `a static constant has one name`() { expectNone(\.tupleConstants) }

    @Test(arguments: [
        "static let (a, b) = (1, 2)", "private static nonisolated let (a, b) = (1, 2)",
    ])
    func `a static tuple of names is found`(text: String) {
        #expect(sample(text).tupleConstants.count == 1)
    }

    @Test(arguments: ["static let a = (1, 2)", "let (a, b) = (1, 2)", "static func f(a: Int) {}"])
    func `one name and a local tuple are not`(text: String) {
        #expect(sample(text).tupleConstants.isEmpty)
    }
}

extension SourceFile {
    var tupleConstants: [Finding] {
        [["static", "let", "("], ["static", "nonisolated", "let", "("]].flatMap(places(of:)).map {
            finding(tokens[$0].line, "constants in a tuple: write one line for each")
        }
    }
}
