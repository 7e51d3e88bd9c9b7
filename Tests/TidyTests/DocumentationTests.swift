import Testing

/// Rules for doc comments on everything that other modules use.
///
/// swift-format checks only `public`.
@Suite struct DocumentationTests {
    @Test func `everything package or public has a doc comment`() { expectNone(\.undocumented) }

    @Test func `no comment leaves work for later`() { expectNone(\.leftovers) }

    @Test(arguments: [
        "package func run() {}", "@Loop package final class A {}", "    package let limit: Int",
        "// a comment\npublic struct B {}", "/// Far.\n\npackage var a = 1",
        "package private(set) var a = 1", "@Test\n@Loop\npackage func run() {}",
        "package init(a: Int) {}", "package static func make() {}",
        "/// P.\npackage protocol P {\n    func run()\n}",
        "package protocol P {}\nstruct A: P {\n    /// B.\n    package func b() {}\n}",
        "/// P.\npackage protocol P {\n    /// A.\n    var a: Int { get }\n}\nstruct B {\n"
            + "    let p: any P\n    package var a: Int { 1 }\n}",
    ])
    func `a declaration without a doc comment is found`(text: String) {
        #expect(sample(text).undocumented.count == 1)
    }

    @Test(arguments: [
        "/// Runs.\npackage func run() {}", "/// A.\n@Loop\npackage final class A {}",
        "package import BerthLoop", "/// A.\n@Test(\n    1\n) package func a() {}",
        "package var description: String { \"\" }", "package static func < (a: A, b: A) {}",
        "package init(stringLiteral value: String) {}", "package override func a() {}",
        "a.package(b)\nlet c = 1", "a.public\nlet c = 1", "func run() {}",
        "let a = \"package func\"", "func a(package: Int) {}",
        "/// P.\npackage protocol P {\n    /// Runs.\n    func run()\n}",
        "/// P.\npackage protocol P {\n    /// A.\n    var a: Int { get }\n}\nextension B: P {\n"
            + "    func b() {}\n    package var a: Int { 1 }\n}",
    ])
    func `a documented declaration and a witness that a protocol explains are not`(text: String) {
        #expect(sample(text).undocumented.isEmpty)
    }

    @Test(arguments: ["TODO", "FIXME", "XXX", "HACK"])
    func `a mark of unfinished work is found`(mark: String) {
        #expect(sample("let a = 1  // \(mark): later").leftovers.count == 1)
        #expect(sample("# \(mark)\n", at: "scripts/run").leftovers.count == 1)
        #expect(sample("let a = \"\(mark)\"  // a \(mark)S").leftovers.isEmpty)
    }
}

extension SourceFile {
    var undocumented: [Finding] {
        (accessible + requirements).filter { !isDocumented($0) && !isWitness($0) }.map {
            finding(
                tokens[$0].line,
                "\(nameOfDeclaration($0)) has no doc comment: say what it is, units, ranges, errors"
            )
        }
    }

    /// The marks of unfinished work, in Swift only in comments, and elsewhere anywhere.
    var leftovers: [Finding] {
        guard !path.hasSuffix(".md") else { return [] }
        return lines.indices.compactMap { index in
            let text = isSwift ? comments[index + 1] ?? "" : String(lines[index])
            let words = text.split { !$0.isLetter }
            let mark = words.first { ["TODO", "FIXME", "XXX", "HACK"].contains($0) }
            return mark.map { finding(index + 1, "\($0): do it, or make it an issue") }
        }
    }

    // MARK: Declarations

    /// The keywords of declarations with `package` or `public`.
    private var accessible: [Int] {
        tokens.indices.compactMap { index in
            let isAccess = tokens[index].is("package") || tokens[index].is("public")
            let isMember = index > 0 && tokens[index - 1].is(".")
            return isAccess && !isMember ? keyword(after: index) : nil
        }
    }

    /// The keywords of the requirements of package protocols.
    private var requirements: [Int] {
        accessible.filter { tokens[$0].is("protocol") }.flatMap(requirements(of:))
    }

    private func requirements(of head: Int) -> [Int] {
        guard let open = tokens[head...].firstIndex(where: { $0.is("{") }) else { return [] }
        return (open..<closing(open)).filter {
            ["func", "var", "init", "subscript"].contains(tokens[$0].text)
        }
    }

    /// The package protocols declared here, with the names of their requirements.
    fileprivate var protocols: [String: Set<String>] {
        let heads = accessible.filter { tokens[$0].is("protocol") }
        return heads.reduce(into: [:]) { all, head in
            all[nameOfDeclaration(head)] = Set(requirements(of: head).map(nameOfDeclaration))
        }
    }

    /// The keyword that the modifier at `index` belongs to, or nil if it is no modifier.
    private func keyword(after index: Int) -> Int? {
        var index = index + 1
        while index < tokens.count {
            if index + 3 < tokens.count, tokens[index].is("("), tokens[index + 1].is("set") {
                index += 3
            }
            guard index < tokens.count, tokens[index].kind == .word else { return nil }
            if tokens[index].is("override") { return nil }
            if SourceFile.keywords.contains(tokens[index].text) {
                let isModifier = tokens[index].is("class") && tokens[index + 1].is("func")
                return isModifier ? index + 1 : index
            }
            guard SourceFile.modifiers.contains(tokens[index].text) else { return nil }
            index += 1
        }
        return nil
    }

    private func nameOfDeclaration(_ keyword: Int) -> String {
        let isNameless = ["init", "subscript"].contains(tokens[keyword].text)
        return isNameless ? tokens[keyword].text : tokens[min(keyword + 1, tokens.count - 1)].text
    }

    private func isDocumented(_ keyword: Int) -> Bool {
        let line = lineOfDeclaration(keyword)
        return comments[line - 1]?.hasPrefix("///") == true
            || comments[line]?.hasPrefix("///") == true
    }

    /// The line where the declaration begins, with its attributes.
    private func lineOfDeclaration(_ keyword: Int) -> Int {
        var line = tokens[keyword].line
        var index = keyword
        while index > 0 {
            let before = tokens[index - 1]
            if before.is(")") {
                guard let open = opening(index - 1), isAttribute(open - 1) else { break }
                index = open
            } else if before.kind == .word, isModifier(index - 1) || isAttribute(index - 1) {
                index -= 1
            } else if before.is("@") {
                index -= 1
            } else {
                break
            }
            line = tokens[index].line
        }
        while comments[line - 1]?.hasPrefix("// swift-format-ignore") == true { line -= 1 }
        return line
    }

    private func isModifier(_ index: Int) -> Bool {
        SourceFile.modifiers.contains(tokens[index].text)
            || ["package", "public"].contains(tokens[index].text)
    }

    private func isAttribute(_ index: Int) -> Bool {
        index > 0 && tokens[index].isGlued
            && (tokens[index - 1].is("@") || (tokens[index - 1].is(".") && isAttribute(index - 2)))
            || SourceFile.withArguments.contains(index >= 0 ? tokens[index].text : "")
    }

    /// Whether a protocol explains this member: one of the standard library, of Testing, or our own.
    private func isWitness(_ keyword: Int) -> Bool {
        let kept = conformances(around: keyword).compactMap {
            Repository.protocols[$0] ?? protocols[$0]
        }
        if kept.contains(where: { $0.contains(nameOfDeclaration(keyword)) }) { return true }
        let name = keyword + 1 < tokens.count ? tokens[keyword + 1] : tokens[keyword]
        if tokens[keyword].is("init") {
            let label = tokens[min(keyword + 2, tokens.count - 1)].text
            return label.hasSuffix("Literal") || label == "from" || label == "rawValue"
        }
        return name.kind == .symbol && tokens[keyword].is("func")
            || SourceFile.witnesses.contains(name.text)
    }

    /// The name and the conformances of the type or extension around `index`.
    private func conformances(around index: Int) -> [String] {
        let types: Set = ["struct", "class", "enum", "actor", "extension"]
        let before = tokens.indices.prefix(index)
        let open = before.last { tokens[$0].is("{") && closing($0) > index } ?? 0
        let head = before.prefix(open).last { types.contains(tokens[$0].text) } ?? open
        return tokens[head..<open].map(\.text)
    }

    private static let keywords: Set = [
        "func", "var", "let", "init", "subscript", "struct", "class", "enum", "actor", "protocol",
        "typealias",
    ]
    private static let modifiers: Set = [
        "static", "final", "mutating", "nonmutating", "nonisolated", "consuming", "borrowing",
        "indirect", "lazy", "weak", "unowned", "required", "convenience", "isolated", "private",
        "fileprivate", "prefix", "postfix", "infix", "distributed",
    ]
    /// Modifiers that take arguments in parentheses, like an attribute.
    private static let withArguments: Set = [
        "private", "fileprivate", "package", "nonisolated", "unowned",
    ]
    private static let witnesses: Set = [
        "description", "debugDescription", "customMirror", "hash", "encode", "next", "makeIterator",
        "makeAsyncIterator", "enqueue", "checkIsolated", "isIsolatingCurrentContext",
        "unownedExecutor", "shared", "isRecursive", "provideScope",
    ]
}

extension Repository {
    /// The package protocols of all modules, with the names of their requirements.
    fileprivate static let protocols = files.map(\.protocols).reduce(into: [:]) { all, protocols in
        all.merge(protocols) { $0.union($1) }
    }
}
