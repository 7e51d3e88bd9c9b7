import Testing

/// A rule for the first words of comments, which are a noun or a verb.
@Suite struct ProseTests {
    @Test func `no comment begins with a free relative clause`() { expectNone(\.freeRelatives) }

    @Test(arguments: [
        "/// What waits in the queue.", "// Who waits for a provider sees its position.",
        "/// Whoever asked may be gone.", "/// Whatever a person makes large is leased.",
        "let a = 1  // what is left", "/// That which was read.", "/// Whose work it is.",
        "/// Where nobody waits, it goes at once.", "/// How many requests wait.",
        "/* How it ended. */", "/// Which of the models answers.",
        "/// A turn.\nlet a = 1\n/// Who",
        "// A note.\n/// What it is.\nlet a = 1",
    ])
    func `a comment that begins with one is found`(text: String) {
        #expect(sample(text).freeRelatives.count == 1)
    }

    @Test(arguments: [
        "/// Whether it is closed.", "/// The number of requests that wait.",
        "/// Why the budget refused.", "// When the queue is empty, the loop sleeps.",
        "/// Wherewithal.", "/// Returns\n/// what was read.", "let a = \"// What waits\"",
        "/// `What` is a type.", "/// However, a late reader starts at the beginning.",
        "/// That the lease is held is checked.", "let what = 1", "/// A turn.\n///\n/// What: no.",
        "/// The size\nlet a = 1  // what the pool holds\n".replacing("what", with: "bytes"),
    ])
    func `a noun, a verb and a conjunction are not`(text: String) {
        #expect(sample(text).freeRelatives.isEmpty)
    }

    @Test func `comments of the other languages are read too`() {
        let texts = [
            ("Tests/EndToEnd/a.py", "def a():\n    \"\"\"What it heard.\"\"\"\n"),
            ("scripts/run", "set -e\n# Who runs it.\n"), ("bench/a.py", "\n#: What it measures.\n"),
            ("config/a.yaml", "a: 1\n# How it is.\n"),
            ("Sources/BerthChannels/Web/a.js", "let a\n// What was read.\n"),
            ("Sources/CLinux/shim.h", "#include <a.h>\n/* What Linux offers. */\n"),
        ]
        for (path, text) in texts {
            #expect(sample(text, at: path).freeRelatives.map(\.line) == [2], "\(path)")
        }
        #expect(sample("\n#who { }\n", at: "Sources/BerthChannels/Web/a.css").freeRelatives.isEmpty)
        #expect(sample("# How to install\n", at: "docs/install.md").freeRelatives.isEmpty)
        #expect(sample("a = 1\n# A\n# what.\n", at: "scripts/a.py").freeRelatives.isEmpty)
    }
}

extension SourceFile {
    var freeRelatives: [Finding] {
        commentBlocks.compactMap { line, text in
            let words = text.drop { "/*#:\" ".contains($0) }.prefix { $0.isLetter || $0 == " " }
                .split(separator: " ").map { $0.lowercased() }
            guard let first = words.first else { return nil }
            let isRelative =
                SourceFile.relatives.contains(first) || words.prefix(2) == ["that", "which"]
            guard isRelative else { return nil }
            return finding(
                line,
                "a comment begins with '\(first)': begin with the noun or the verb"
            )
        }
    }

    /// The first line of each comment, with its number.
    ///
    /// Consecutive lines of one kind are one comment.
    private var commentBlocks: [(line: Int, text: Substring)] {
        lines.indices.compactMap { index in
            guard let text = comment(onLine: index) else { return nil }
            let before = index > 0 ? comment(onLine: index - 1) : nil
            let isAlone = lines[index].drop { $0 == " " }.first == text.first
            let follows = isAlone && before.map { kind($0) == kind(text) } ?? false
            return follows && !text.hasPrefix("\"") ? nil : (index + 1, text)
        }
    }

    /// The comment on a line, from its mark on; a docstring of Python is one.
    private func comment(onLine index: Int) -> Substring? {
        if isSwift { return comments[index + 1].map { Substring($0).drop { $0 == " " } } }
        guard ![".md", ".json", ".html"].contains(where: { path.hasSuffix($0) }) else { return nil }
        let line = lines[index].drop { $0 == " " }
        let isC = [".js", ".css", ".h"].contains { path.hasSuffix($0) }
        let marks = isC ? ["//", "/*"] : ["#", "\"\"\""]
        return marks.contains { line.hasPrefix($0) } ? line : nil
    }

    private func kind(_ comment: Substring) -> Substring { comment.prefix { "/*#".contains($0) } }

    /// Words that make a clause the subject.
    ///
    /// `Whether`, `why` and `when` are allowed, because they begin a Bool's meaning, a reason and a
    /// condition.
    private static let relatives: Set = [
        "what", "whatever", "who", "whoever", "whom", "whose", "which", "whichever", "where",
        "wherever", "how",
    ]
}
