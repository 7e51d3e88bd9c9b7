import Testing

@testable import berth

/// Operands as parts of the admin API's paths.
@Suite struct PathSegmentTests {
    @Test(arguments: [
        ("ann", "ann"), (".", "%2E"), ("..", "%2E%2E"), ("a/b", "a%2Fb"), ("a%2fb", "a%252fb"),
        ("a b?c#d", "a%20b%3Fc%23d"), ("ä\n", "%C3%A4%0A"), ("-x_9", "-x_9"),
    ])
    func `everything but letters, digits, dashes and underscores is encoded`(
        text: String,
        segment: String
    ) {
        #expect(text.pathSegment == segment)
    }

    @Test func `an empty operand is refused`() {
        #expect(throws: UsageError.self) {
            try Arguments.parse(["tenant", "show", ""]) { _ in nil }
        }
    }
}
