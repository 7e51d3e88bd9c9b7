import BerthLoop
import BerthText
import FoundationEssentials
import Testing

@testable import BerthTelemetry

/// Hostile values, and their text between quotes.
private let hostile: [(value: String, quoted: String)] = [
    ("a b", "a b"), ("", ""), ("a=b", "a=b"), ("say \"x\"", #"say \"x\""#), ("é", "é"),
    ("x\n2026-11-20T00:00:00.000Z error forged", #"x\n2026-11-20T00:00:00.000Z error forged"#),
    ("\r\n", #"\r\n"#), ("tab\there", #"tab\there"#), (#"a "\n"#, #"a \"\\n"#),
    ("nul\0", #"nul\u0000"#),
    ("\u{1B}[2Jgone", #"\u001b[2Jgone"#), ("\u{7F}", #"\u007f"#), ("\u{9B}31m", #"\u009b31m"#),
    ("a\u{85}b", #"a\u0085b"#), ("a\u{2028}b\u{2029}", #"a\u2028b\u2029"#),
    ("\u{202E}txt.exe\u{2066}", #"\u202etxt.exe\u2066"#), ("😀 👩‍👩‍👧", "😀 👩‍👩‍👧"),
    ("\",\"level\":\"debug", #"\",\"level\":\"debug"#),
]

@Suite(.timeLimit(.minutes(20))) struct LogLineTests {
    private func line(_ fields: KeyValuePairs<String, LogValue>) -> LogLine {
        LogLine(
            time: Timestamp(milliseconds: 1_760_000_000_123),
            level: .warning,
            message: "odd thing",
            fields: fields
        )
    }

    @Test func `a text line is time, level, message and fields`() {
        #expect(
            line(["a": 1, "b": "two"]).text(.text)
                == "2025-10-09T08:53:20.123Z warning odd thing a=1 b=two"
        )
    }

    @Test func `a JSON line is one object`() {
        #expect(
            line(["a": -1, "b": "two"]).text(.json)
                == #"{"time":"2025-10-09T08:53:20.123Z","level":"warning","#
                + #""message":"odd thing","a":-1,"b":"two"}"#
        )
    }

    @Test(arguments: ["bare", "a/b?c&d", "127.0.0.1:8080", "[::1]:80", "a,b;c", #"back\slash"#])
    func `a plain value needs no quotes`(value: String) {
        #expect(line(["v": .text(value)]).text(.text).hasSuffix(" v=\(value)"))
    }

    @Test(arguments: hostile)
    func `no value forges a field, a line or a colour`(value: String, quoted: String) {
        let plain = line(["v": .text(value)]).text(.text)
        #expect(plain == "2025-10-09T08:53:20.123Z warning odd thing v=\"\(quoted)\"")
        let json = line(["v": .text(value)]).text(.json)
        #expect(json.hasSuffix(#""message":"odd thing","v":"\#(quoted)"}"#))
    }

    @Test(arguments: hostile)
    func `a machine reads back what was meant`(value: String, quoted: String) throws {
        let json = line(["v": .text(value)]).text(.json)
        let read = try JSONDecoder().decode([String: String].self, from: Data(json.utf8))
        #expect(read["v"]?.unicodeScalars.elementsEqual(value.unicodeScalars) == true)
        #expect(read["level"] == "warning")
    }
}
