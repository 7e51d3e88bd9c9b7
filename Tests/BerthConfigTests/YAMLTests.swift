import Testing

@testable import BerthConfig

@Suite struct YAMLTests {
    static let unreadable: [Case] = [
        Case(
            "a: &x 1",
            "f.yaml:1: anchors (&name) and aliases (*name) are not used here: "
                + "write the value out, in quotes if it begins with & or *"
        ),
        Case(
            "a: 1\nb: *x",
            "f.yaml:2: anchors (&name) and aliases (*name) are not used here: "
                + "write the value out, in quotes if it begins with & or *"
        ),
        Case(
            "a: !!str 1",
            "f.yaml:1: tags (!name) are not used here: "
                + "remove it, or put the value in quotes"
        ),
        Case(
            "data: a\n\ndata: b",
            "f.yaml:3: key 'data' is set twice (first on line 1); "
                + "remove one"
        ),
        Case("[a]: 1", "f.yaml:1: a key must be a single word"),
        Case("a: 1\n---\nb: 2", "f.yaml:2: a second document begins here; a file may hold one"),
        Case("- 1", "f.yaml:1: must be a group of keys (key: value), not a list"),
        Case(
            "a:\n\tb: 1",
            "f.yaml:2: cannot be read as YAML: found character that cannot start any "
                + "token (indent with spaces, not tabs; put ${…} and text with : # { } [ ] in "
                + "double quotes)"
        ),
        Case(
            "a: [1",
            "f.yaml:2: cannot be read as YAML: did not find expected ',' or ']' (indent "
                + "with spaces, not tabs; put ${…} and text with : # { } [ ] in double quotes)"
        ),
    ]

    @Test(arguments: unreadable)
    func `what is no YAML for Berth is refused in words`(_ row: Case) {
        #expect(complaint(row.text) == row.expected)
    }

    @Test func `bytes that are not UTF-8 name their line`() throws {
        let error = #expect(throws: YAMLError.self) {
            try YAMLReader.read(Array("a: 1\nb: ".utf8) + [0xff, 0xfe])
        }
        #expect(error?.line == 2)
    }

    @Test func `depth is bounded`() {
        let deep = String(repeating: "[", count: 17) + String(repeating: "]", count: 17)
        #expect(complaint("a: \(deep)") == "f.yaml:1: nested deeper than 16 levels")
    }

    @Test func `the number of values is bounded`() {
        let many = [String](repeating: "1", count: 20_001).joined(separator: ",")
        #expect(complaint("a: [\(many)]") == "f.yaml:1: more than 20000 values")
    }

    @Test(arguments: ["", "# only words\n", "---\n", "null", "listen:\nproviders:\nmodels:\n"])
    func `a file that says nothing is the defaults`(_ text: String) throws {
        let file = try parse(text)
        #expect(file.configuration == Configuration(memory: testMemory))
    }

    static let filled: [Case] = [
        Case("${A}", "one"), Case("x${A}y${A}z", "xoneyonez"), Case("${B:-two}", "two"),
        Case("${E:-two}", "two"), Case("${E}", ""), Case("$${A}", "${A}"), Case("$A $", "$A $"),
        Case("${N}", "${A}"),
    ]

    @Test(arguments: filled)
    func `variables are filled in once`(_ row: Case) throws {
        let variables = ["A": "one", "E": "", "N": "${A}"]
        #expect(try Variables.fill(row.text, from: { variables[$0] }) == row.expected)
    }

    @Test(arguments: ["${", "${}", "${1A}", "${A", "${A-b}", "${A B}"])
    func `what is no variable is refused`(_ text: String) {
        #expect(throws: VariableError.malformed) { try Variables.fill(text, from: { _ in "" }) }
    }
}
