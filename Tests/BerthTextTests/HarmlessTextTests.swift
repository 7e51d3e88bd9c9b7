import BerthText
import Testing

/// Texts that a terminal would act on.
private let treacherous = [
    "\u{1B}[2J", "\u{1B}]0;title\u{07}", "\u{9B}31m", "\u{85}", "\u{7F}", "\0", "\u{08}\u{08}",
    "\u{0C}", "\u{202A}", "\u{202E}gpj.exe", "\u{2066}\u{2069}", "\u{2028}", "\u{2029}", "\u{200F}",
    "\u{061C}", "\u{90}q\u{9C}",
]

@Suite struct HarmlessTextTests {
    @Test(arguments: treacherous) func `no text acts on a terminal`(text: String) {
        for made in [
            HarmlessText.lines("a\(text)b"), HarmlessText.lines("a\(text)b", mark: ""),
            HarmlessText.line("a\(text)b"),
            HarmlessText.json(
                Array("{\"a\":\"\(text.unicodeScalars.filter { $0.value > 31 })\"}".utf8)
            ),
        ] {
            #expect(
                made.unicodeScalars.allSatisfy {
                    $0.properties.generalCategory != .control && $0.value != 0x2028
                        && $0.value != 0x2029 && !(0x202A...0x202E).contains($0.value)
                        && !(0x2066...0x2069).contains($0.value)
                }
            )
        }
        #expect(HarmlessText.lines("a\(text)b").unicodeScalars.first == "a")
    }

    @Test(arguments: [
        ("plain\n\ttext", "plain\n\ttext"), ("ä 😀 👩‍👩‍👧 한", "ä 😀 👩‍👩‍👧 한"), ("", ""),
        ("a\r\nb", "a\nb"), ("a\rb", "a\u{FFFD}b"), ("a\r", "a\u{FFFD}"), ("\r\r\n", "\u{FFFD}\n"),
    ])
    func `newlines and tabs stay in lines, a lone return does not`(text: String, made: String) {
        #expect(HarmlessText.lines(text).unicodeScalars.elementsEqual(made.unicodeScalars))
    }

    @Test func `a cell is one line`() {
        #expect(HarmlessText.line("a\nb\tc\u{1B}d") == "a b c\u{FFFD}d")
    }

    @Test func `JSON stays the same document`() {
        let json = "{\n  \"a\": \"x\u{9B}y\u{202E}\u{7F}\"\r\n}"
        #expect(
            HarmlessText.json(Array(json.utf8)) == "{\n  \"a\": \"x\\u009by\\u202e\\u007f\"\r\n}"
        )
    }
}
