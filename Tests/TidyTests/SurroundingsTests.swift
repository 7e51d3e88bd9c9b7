import Testing

/// Time, randomness and the loop come from a part's surroundings, so that a seed repeats a run.
@Suite struct SurroundingsTests {
    @Test func `below the composition nothing has a clock, dice or a loop of its own`() {
        expectNone(\.ownSurroundings)
    }

    @Test(arguments: [
        "EventLoop.shared.post { a() }", "let a = EventLoop\n    .shared",
        "var dice = SystemRandomNumberGenerator()", "let a = UInt64.random(in: 0...9)",
        "let a = [1, 2].randomElement()", "let a = [1, 2].shuffled()", "let clock = SystemClock()",
    ])
    func `a source of its own is found`(text: String) {
        #expect(sample(text).ownSurroundings.count == 1)
        #expect(sample(text, at: "Sources/BerthLoop/A.swift").ownSurroundings.isEmpty)
        #expect(sample(text, at: "Tests/BerthBotTests/A.swift").ownSurroundings.isEmpty)
    }

    @Test(arguments: [
        "Loop.post { a() }", "let a = Int.random(in: 0...9, using: &dice)", "// EventLoop.shared",
        "let a = list.shuffled(using: &dice)", "let loop: EventLoop", "surroundings.clock.now",
    ])
    func `injected sources are not`(text: String) {
        #expect(sample(text).ownSurroundings.isEmpty)
    }

    @Test func `the edges of the process have its clock`() {
        let text = "let clock = SystemClock()"
        #expect(sample(text, at: "Sources/BerthTelemetry/A.swift").ownSurroundings.isEmpty)
        #expect(sample(text, at: "Sources/berth/A.swift").ownSurroundings.isEmpty)
    }

    @Test func `only the log and the operator's reports have the machine's date`() {
        let text = "let date = clock.wall"
        #expect(sample(text, at: "Sources/BerthWork/A.swift").ownSurroundings.count == 1)
        #expect(sample(text, at: "Sources/BerthTelemetry/A.swift").ownSurroundings.isEmpty)
        #expect(sample("let wall = 1", at: "Sources/BerthWork/A.swift").ownSurroundings.isEmpty)
    }
}

extension SourceFile {
    var ownSurroundings: [Finding] {
        guard isSwift, path.hasPrefix("Sources/"), module != "BerthLoop" else { return [] }
        return tokens.indices.compactMap { index in
            ownSource(index).map { finding(tokens[index].line, $0) }
        }
    }

    /// The advice for the token at `index` if it names a source of the process's own.
    private func ownSource(_ index: Int) -> String? {
        guard tokens[index].kind == .word else { return nil }
        switch tokens[index].text {
        case "EventLoop":
            let isShared =
                index + 2 < tokens.count && tokens[index + 1].is(".")
                && tokens[index + 2].is("shared")
            return isShared ? "EventLoop.shared: use Loop.post, Loop.spawn or Loop.run" : nil
        case "SystemRandomNumberGenerator":
            return "randomness of its own: take it from the surroundings' Entropy"
        case "random", "randomElement", "shuffled", "shuffle":
            guard index > 0, tokens[index - 1].is("."), isUnseeded(index) else { return nil }
            return "unseeded randomness: take a generator from the surroundings' Entropy"
        case "SystemClock":
            if ["BerthTelemetry", "BerthService", "berth"].contains(module) { return nil }
            return "a clock of its own: take it from the surroundings"
        case "wall":
            guard index > 0, tokens[index - 1].is("."),
                !["BerthTelemetry", "BerthAdmin", "berth"].contains(module)
            else { return nil }
            return "the machine's date, which jumps: take timestamp, or even for due times"
        default: return nil
        }
    }

    /// Whether a call's arguments name no generator.
    private func isUnseeded(_ index: Int) -> Bool {
        var (next, depth) = (index + 1, 0)
        guard next < tokens.count, tokens[next].is("(") else { return false }
        while next < tokens.count {
            if tokens[next].is("(") { depth += 1 }
            if tokens[next].is(")") { depth -= 1 }
            if depth == 0 { return true }
            if depth == 1, tokens[next].is("using") { return false }
            next += 1
        }
        return true
    }
}
