import Testing

@testable import BerthText

@Suite struct SearchWordsTests {
    /// The pieces of a text that match, in their order.
    private func found(_ query: String, in text: String) throws -> [String] {
        let words = try #require(SearchWords(query))
        return words.marked(text).filter(\.isMatch).map(\.text)
    }

    @Test(arguments: [
        ("hello", "Hello, HELLO and hello", ["Hello", "HELLO", "hello"]),
        ("SCHÖN", "schön und Schönheit", ["schön", "Schön"]),
        ("МОСКВА", "в москве Москва", ["Москва"]),
        ("ΟΔΟΣ", "οδος και ΟΔΟΣ, οδός", ["οδος", "ΟΔΟΣ"]),
        ("ղ", "Ղ ղ", ["Ղ", "ղ"]),
        ("你好", "他说你好。", ["你好"]), ("好", "你好好", ["好好"]),
        ("مرحبا", "قال مرحبا لك", ["مرحبا"]), ("שלום", "אמר שלום", ["שלום"]),
        ("sum", "the consumer's sum", ["sum", "sum"]),
        ("aab", "aaab", ["aab"]), ("abab", "ababab", ["ababab"]),
        ("🦊", "a 🦊!", ["🦊"]), ("c++", "C++ and c", ["C++"]),
        ("the fox", "the quick fox", ["the", "fox"]),
        ("%", "100 % of a_b", ["%"]), ("\"", "say \"no\"", ["\"", "\""]),
    ])
    func `words are found in any script, in any case and within words`(
        query: String,
        text: String,
        expected: [String]
    ) throws {
        #expect(try found(query, in: text) == expected)
        #expect(try #require(SearchWords(query)).areAll(in: text))
    }

    @Test(arguments: ["", " ", "\n\t", "\u{3000}", "\u{A0}"])
    func `a query without words is none`(query: String) {
        #expect(SearchWords(query) == nil)
    }

    @Test func `all words must be there`() throws {
        let words = try #require(SearchWords("fox hound"))
        #expect(!words.areAll(in: "the fox"))
        #expect(words.areAll(in: "the hound, then the fox"))
    }

    @Test func `the pieces of a marked text are the text`() throws {
        let words = try #require(SearchWords("好 o"))
        for text in ["", "o", "你好 foo", "x", "oo", "好x好"] {
            #expect(words.marked(text).map(\.text).joined() == text)
        }
    }

    @Test func `words beyond the bound are ignored, and a long query is cut`() throws {
        let many = (1...50).map { "w\($0)" }.joined(separator: " ")
        #expect(SearchWords(many)?.count == SearchWords.most)
        let long = String(repeating: "語", count: 5_000)
        #expect(try #require(SearchWords(long)).areAll(in: long))
        // The cut word has a third of as many letters as bytes.
        #expect(try #require(SearchWords(long)).areAll(in: String(repeating: "語", count: 66)))
    }

    @Test func `bytes that are no text match nothing and end nothing`() throws {
        let words = try #require(SearchWords("ab"))
        for bytes: [UInt8] in [
            [0xFF, 0x61, 0x62], [0xE4, 0xBD], [0xF0], [0xC0, 0x80, 0x61, 0x62], [0x80, 0x80],
            [0xED, 0xA0, 0x80],
        ] {
            let isFound = words.places(in: bytes) != [nil]
            #expect(isFound == (bytes.count > 2 && bytes.contains(0x62)))
        }
    }

    @Test func `a hostile query takes time in proportion to the text`() throws {
        // Comparing letter by letter at each place would take 66 times as many steps.
        let word = String(repeating: "a", count: 23) + "b"
        let query = Array(repeating: word, count: SearchWords.most).joined(separator: " ")
        let words = try #require(SearchWords(query))
        let text = [UInt8](repeating: UInt8(ascii: "a"), count: 200_000)
        let clock = ContinuousClock()
        let plain = try #require(SearchWords(String(repeating: "z ", count: SearchWords.most)))
        let usual = clock.measure { _ = plain.places(in: text) }
        let hostile = clock.measure { _ = words.places(in: text) }
        #expect(hostile < usual * 20 + .seconds(1))
    }
}
