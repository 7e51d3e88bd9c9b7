import BerthTestKit
import Testing

@testable import BerthBot

/// Commands with characters that take a time to compare that grows with the square of their length.
@Suite struct LongCharacterTests {
    private static func marks(_ n: Int) -> String { String(repeating: "\u{301}\u{316}", count: n) }

    @Test(arguments: ["/model e", "/delete all"])
    func `the name after a command is cut`(start: String) {
        switch Command(start + Self.marks(100_000)) {
        case .model(let name), .delete(let name):
            #expect((500...512).contains(name.utf8.count) && name != "all")
        default: Issue.record("it is another command")
        }
    }

    @Test(arguments: [("here", true), ("HERE", true), ("hers", false), ("here\u{301}", false)])
    func `a word is spelt in small letters or in capitals`(text: String, isSpelt: Bool) {
        #expect(text.spells("here") == isSpelt)
    }

    private static let readers: [(String, @Sendable (String) -> Void)] = [
        ("a word", { text in #expect(!"here\(text)".spells("here")) }),
        ("no option", { text in #expect(PicturePrompt.problem(in: "/image --\(text)") == nil) }),
        ("a name of an option", { text in _ = PicturePrompt.problem(in: "/image --n\(text) a") }),
        ("a prompt", { text in #expect(PicturePrompt.problem(in: "/image e\(text)") == nil) }),
        ("a language", { text in #expect(Translation("/translate \(text) a") != nil) }),
        ("a title", { text in #expect("e\(text)".title.utf8.count <= 80) }),
    ]

    @Test(arguments: readers.map(\.0))
    func `the time is linear in the length of a character`(name: String) throws {
        let read = try #require(Self.readers.first { $0.0 == name }).1
        #expect(try growth(from: 1_000) { read(Self.marks($0)) } < 24)
    }
}
