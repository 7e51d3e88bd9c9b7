import Testing

/// Rules for file names, so that a type can be found by its name.
@Suite struct NameTests {
    @Test func `a file of a module is named after a type in it`() { expectNone(\.strangeName) }

    @Test func `at most 30 % of the types are in a file with another name`() {
        let types = Repository.files.flatMap(\.topLevelTypes)
        let strangers = types.filter { !$0.isFound }
        let share = strangers.count * 100 / max(1, types.count)
        let list = strangers.map { "\($0.path): \($0.name)" }.joined(separator: "\n")
        print("\(strangers.count) of \(types.count) types (\(share) %) are in another's file")
        #expect(types.count > 100, "the types of Sources were not found")
        #expect(strangers.count * 100 <= types.count * 30, "\(share) %:\n\(list)")
    }

    @Test(arguments: [
        ("Turn", "struct Turn {}"), ("Turn", "@Loop\npackage final class Turn<A>: B {}\nenum C {}"),
        ("Turn+Ending", "extension Turn { struct End {} }"), ("Turn+Ending", "enum Turn {}"),
        ("Turn", "extension Turn {}\nextension Session {}"), ("End", "extension Turn.End: A {}"),
        ("Turn+End", "extension Turn.End {}"), ("Array+Sum", "extension [Int] {}"),
        ("Turn", "typealias Turn = Session"), ("TurnLimit", "let turnLimit = 1"),
        ("TurnEnded", "/// A.\nnonisolated func turnEnded() {}\nprivate func other() {}"),
        ("Turn", "actor Turn {}"), ("Turn", "indirect enum Turn { case struct }"),
    ])
    func `a file named after what it declares is found by that name`(name: String, text: String) {
        #expect(sample(text, at: "Sources/BerthBot/\(name).swift").strangeName.isEmpty)
    }

    @Test(arguments: [
        ("Turns", "struct Turn {}"), ("TurnEnding", "extension Turn {}"),
        ("Ending+Turn", "extension Turn {}"), ("End", "struct Turn { struct End {} }"),
        ("Turn", "func end() { struct Turn {} }"), ("Turn", "let session = Turn()"),
        ("Callbacks", "func turnEnded() {}"), ("Turn", "// struct Turn {}"),
        ("Turn", "extension [Int] {}"), ("Turn", "private func turn() {}\nenum Session {}"),
    ])
    func `a file with another name is found, in the modules alone`(name: String, text: String) {
        #expect(sample(text, at: "Sources/BerthBot/\(name).swift").strangeName.count == 1)
        #expect(sample(text, at: "Tests/BerthBotTests/\(name).swift").strangeName.isEmpty)
        #expect(sample(text, at: "Package.swift").strangeName.isEmpty)
    }

    @Test func `a type bears the name of its file, or is counted`() {
        let text = "struct Turn { enum State {} }\nfinal class TurnJob {}\nextension Session {}"
        let types = sample(text, at: "Sources/BerthBot/Turn+Job.swift").topLevelTypes
        #expect(types.map(\.name) == ["Turn", "TurnJob"])
        #expect(types.map(\.isFound) == [true, false])
        #expect(sample(text, at: "Tests/BerthBotTests/Turn.swift").topLevelTypes.isEmpty)
    }
}

extension SourceFile {
    /// A type at a file's top level.
    struct TopLevelType {
        let path: String
        let name: String
        /// Whether its file bears its name.
        let isFound: Bool
    }

    /// The Swift files of the modules: neither tests nor the package's own description.
    private var isOfModule: Bool { isSwift && path.hasPrefix("Sources/") }

    /// `Turn` of `Turn.swift` and of `Turn+Ending.swift`.
    private var nameOfFile: Substring {
        let name = path.split(separator: "/").last ?? ""
        return name.dropLast(".swift".count).prefix { $0 != "+" }
    }

    var strangeName: [Finding] {
        guard isOfModule, let first = topLevel.first else {
            return isOfModule ? [finding(1, "a file without a declaration: remove it")] : []
        }
        let types = topLevel.filter { SourceFile.types.contains(tokens[$0].text) }
        let names = types.isEmpty ? freeNames(first) : types.flatMap(typeNames)
        guard !names.contains(String(nameOfFile)) else { return [] }
        let all = Set(names).sorted().joined(separator: ", ")
        let advice = "name the file after a type in it (Type.swift or Type+Part.swift)"
        return [finding(1, "\(nameOfFile) is none of \(all): \(advice)")]
    }

    var topLevelTypes: [TopLevelType] {
        guard isOfModule else { return [] }
        return topLevel.filter { SourceFile.declarations.contains(tokens[$0].text) }.map {
            let name = tokens[$0 + 1].text
            return TopLevelType(path: path, name: name, isFound: name == nameOfFile)
        }
    }

    /// The keywords of the declarations at the file's top level.
    private var topLevel: [Int] {
        var found: [Int] = []
        var index = 0
        while index < tokens.count - 1 {
            let token = tokens[index]
            let isDeclaration =
                SourceFile.types.contains(token.text)
                || ["func", "let", "var"].contains(token.text)
            if token.kind == .word, isDeclaration { found.append(index) }
            let opens = ["(", "[", "{"].contains { token.is($0) }
            index = opens && !isExtended(index) ? closing(index) + 1 : index + 1
        }
        return found
    }

    /// Whether the `[` at `index` begins the name of an extended array.
    private func isExtended(_ index: Int) -> Bool { index > 0 && tokens[index - 1].is("extension") }

    /// The possible names for the file of a type or an extension.
    ///
    /// `extension A.B` has both A and B.
    private func typeNames(_ keyword: Int) -> [String] {
        guard tokens[keyword].is("extension") else { return [tokens[keyword + 1].text] }
        guard !tokens[keyword + 1].is("[") else { return ["Array"] }
        let name = tokens[(keyword + 1)...].prefix { token in
            !["{", ":", "<", "where"].contains { token.is($0) }
        }
        return name.filter { $0.kind == .word }.map(\.text)
    }

    /// The name for a file of free functions, which is the first function's name with a capital.
    private func freeNames(_ keyword: Int) -> [String] {
        let name = tokens[keyword + 1].text
        return [name.prefix(1).uppercased() + name.dropFirst()]
    }

    private static let declarations: Set = ["struct", "class", "enum", "actor", "protocol"]
    private static let types = declarations.union(["extension", "typealias"])
}
