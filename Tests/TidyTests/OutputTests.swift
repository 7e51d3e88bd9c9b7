import Testing

/// All output of the command goes through one type, which makes it harmless for a terminal.
@Suite struct OutputTests {
    @Test func `only Output and the log write to the standard descriptors`() {
        expectNone(\.strayOutput)
    }

    @Test(arguments: [
        "print(a)", "print(a, to: &b)", "debugPrint(a)", "dump(a)", "fputs(a, stderr)", "puts(a)",
        "putchar(1)", "write(STDOUT_FILENO, a, b)", "isatty(STDERR_FILENO)", "fflush(stdout)",
        #"Output.text("\u{1B}[2J")"#, #"let a = "\u{9b}""#,
    ])
    func `output past it is found`(text: String) {
        #expect(sample(text, at: "Sources/berth/A.swift").strayOutput.count == 1)
        #expect(sample(text, at: "Sources/BerthBot/A.swift").strayOutput.count == 1)
        #expect(sample(text, at: "Sources/berth/Output.swift").strayOutput.isEmpty)
        #expect(sample(text, at: "Tests/BerthBotTests/A.swift").strayOutput.isEmpty)
    }

    @Test(arguments: [
        "Output.text(a)", "report.print(a)", "func print(_ a: Int) {}", "// print(a)",
        #"let a = "print(b)""#, "isatty(STDIN_FILENO)", "let puts = 1",
    ])
    func `other words are not`(text: String) {
        #expect(sample(text, at: "Sources/berth/A.swift").strayOutput.isEmpty)
    }
}

extension SourceFile {
    private static let writers: Set = [
        "print", "debugPrint", "dump", "fputs", "puts", "putchar", "fprintf", "printf", "perror",
    ]
    private static let places: Set = ["STDOUT_FILENO", "STDERR_FILENO", "stdout", "stderr"]

    var strayOutput: [Finding] {
        guard isSwift, path.hasPrefix("Sources/"), path != "Sources/berth/Output.swift",
            module != "BerthLoop", module != "BerthTelemetry"
        else { return [] }
        let advice =
            "writes past Output: use its functions, which make text harmless for a terminal"
        var lines: [Int] = []
        for (index, token) in tokens.enumerated() {
            let before = index > 0 ? tokens[index - 1] : nil
            let isCall =
                index + 1 < tokens.count && tokens[index + 1].is("(")
                && before?.is(".") != true && before?.is("func") != true
            let isStray =
                token.kind == .string
                ? ["u{1b}", "u{9b}"].contains { token.text.lowercased().contains($0) }
                : token.kind == .word
                    && (SourceFile.places.contains(token.text)
                        || (SourceFile.writers.contains(token.text) && isCall))
            if isStray, lines.last != token.line { lines.append(token.line) }
        }
        return lines.map { finding($0, advice) }
    }
}
