import BerthText
import Testing

@testable import berth

/// The words of verbs around an answer and a question.
@Suite struct RemarkTests {
    @Test(arguments: [
        (#"{"state":"done"}"#, []),
        (#"{"state":"done","cached":true}"#, ["(from the cache)"]),
        (#"{"state":"done","cached":false,"note":"cut"}"#, ["(cut)"]),
        (#"{"state":"stopped"}"#, ["(stopped)"]),
        (#"{"state":"failed","error":"no","cached":1}"#, ["berth: no"]),
        (#"{"cached":"true"}"#, []),
    ])
    func `an answer's end is told below it`(end: String, lines: [String]) throws {
        #expect(TerminalChat.remarks(on: try JSONObject(Array(end.utf8))) == lines)
    }

    @Test(arguments: [
        ("yes", true), ("y", true), ("YES ", true), ("", false), ("no", false), ("yes!", false),
        ("anna", false), ("ye", false), (nil, false),
    ])
    func `only yes agrees`(line: String?, isYes: Bool) {
        #expect(TenantVerb.isYes(line) == isYes)
    }

    @Test func `the doctor says what is missing without libqrencode`() {
        let (there, missing) = (Doctor.codes(true), Doctor.codes(false))
        #expect(there.ok && missing.ok)
        #expect(missing.says.contains("libqrencode4") && !there.says.contains("install"))
    }
}
