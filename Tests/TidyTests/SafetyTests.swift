import Testing

/// Rules for traps.
///
/// Faults of peers, users and disks are errors; only a bug traps, with a message.
@Suite struct SafetyTests {
    @Test func `every trap has a message`() { expectNone(\.traps) }

    @Test func `every promise that the compiler does not check has its reason beside it`() {
        expectNone(\.unexplained)
    }

    @Test(arguments: [
        "fatalError(\"a\")", "try! a()", "a as! Int", "a!.b", "let a: Int!", "b[0]!", "c()!",
        "precondition(a)", "precondition(a == \"b\")", "preconditionFailure()", "a!",
        "assertionFailure()", "let a = \"\\(b!)\"", "if a! == b {}", "unowned(unsafe) let a: A",
    ])
    func `a trap is found`(text: String) {
        #expect(sample(text).traps.count == 1)
    }

    @Test(arguments: [
        "precondition(a, \"b\")", "precondition(a(1, 2), \"b \\(c)\")",
        "preconditionFailure(\"a\")",
        "a != b", "!a", "if !a, !(b) {}", "[!a]", "try? a()", "a as? Int", "// a!", "\"a!\"",
        "return !a", "a && !b", "func ! (a: Bool) {}", "a!==b", "precondition(a, reason)",
    ])
    func `a trap with a message and a negation are not`(text: String) {
        #expect(sample(text).traps.isEmpty)
    }

    @Test(arguments: [
        "nonisolated(unsafe) var a = 1", "final class A: @unchecked Sendable {}",
        "// far\n\n\n\nfinal class A: @unchecked Sendable {}",
        "let a = \"// why\"\nnonisolated(unsafe) var a = 1",
    ])
    func `an unchecked promise without a reason is found`(text: String) {
        #expect(sample(text).unexplained.count == 1)
    }

    @Test(arguments: [
        "// Touched by the loop alone.\nnonisolated(unsafe) var a = 1",
        "nonisolated(unsafe) var a = 1  // the loop's",
        "/// A lock.\n@safe\n@frozen\nfinal class A: @unchecked Sendable {}",
        "nonisolated func a() {}",
        "nonisolated(unsafe) let a = unsafe b\nreturn Loop.assumeIsolated { unsafe c(a) }",
    ])
    func `one with a reason is not`(text: String) {
        #expect(sample(text).unexplained.isEmpty)
    }
}

extension SourceFile {
    var traps: [Finding] {
        tokens.indices.compactMap { index in
            trap(index).map { finding(tokens[index].line, $0) }
        }
    }

    private func trap(_ index: Int) -> String? {
        let token = tokens[index]
        switch token.text {
        case _ where token.kind == .string: return nil
        case "!" where isForce(index): return "a forced value: guard it, and throw an error"
        case "fatalError", "assertionFailure":
            return "\(token.text): throw, or preconditionFailure(\"…\")"
        case "precondition" where !hasMessage(index, afterComma: true),
            "preconditionFailure" where !hasMessage(index, afterComma: false):
            return "a trap without a message: name the broken promise"
        case "unsafe" where index > 1 && tokens[index - 2].is("unowned"):
            return "unowned(unsafe): keep the owner, or hold it weakly"
        default: return nil
        }
    }

    /// Whether this `!` unwraps the value directly before it, or belongs to `try!` or `as!`.
    private func isForce(_ index: Int) -> Bool {
        guard index > 0, tokens[index].isGlued else { return false }
        let (before, after) = (
            tokens[index - 1], index + 1 < tokens.count ? tokens[index + 1] : nil
        )
        if let after, after.isGlued, after.is("=") { return false }
        return before.kind == .word || [")", "]", "}", ">", "?"].contains { before.is($0) }
    }

    private func hasMessage(_ index: Int, afterComma: Bool) -> Bool {
        guard index + 1 < tokens.count, tokens[index + 1].is("(") else { return true }
        let close = closing(index + 1)
        var (at, hasComma) = (index + 2, !afterComma)
        while at < close {
            if tokens[at].is(",") { hasComma = true } else if hasComma { return true }
            at = ["(", "[", "{"].contains { tokens[at].is($0) } ? closing(at) + 1 : at + 1
        }
        return false
    }

    var unexplained: [Finding] {
        let promises = [["nonisolated", "(", "unsafe", ")"], ["@", "unchecked", "Sendable"]]
        return promises.flatMap(places(of:)).filter { !isCallbackArgument($0) }.map {
            tokens[$0].line
        }
        .filter { line in !(line - 3...line).contains { comments[$0] != nil } }
        .map { finding($0, "an unchecked promise: say in a comment why it holds") }
    }

    /// Whether this constant carries a C callback's argument into `assumeIsolated`, which must be on
    /// one of the next lines (CONTRIBUTING.md, "C libraries").
    private func isCallbackArgument(_ index: Int) -> Bool {
        guard index + 4 < tokens.count, tokens[index + 4].is("let") else { return false }
        let next = tokens[index...].prefix { $0.line < tokens[index].line + 8 }
        return next.contains { $0.is("assumeIsolated") }
    }
}
