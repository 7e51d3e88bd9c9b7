import BerthConfig
import BerthText
import Testing

@testable import BerthProviders

/// The forms in which errors come: nested, packed into a text, encoded, or unknown.
@Suite struct FaultFormTests {
    private func fault(_ status: Int, _ body: [UInt8]) -> UpstreamFault {
        UpstreamFault(body, status: status, hiding: Secret("up-key-0123456789"))
    }

    // MARK: Packed

    private static let inner =
        #"{"error":{"message":"it is odd","type":"x","param":null,"code":"context_length_exceeded"}}"#
    private static let python =
        #"{'error': {'message': "it's \'odd\'", 'param': None, 'code': 'context_length_exceeded'}}"#

    private static func quoted(_ text: String) -> String {
        String(decoding: JSON.quote(text), as: UTF8.self)
    }

    private static let packed: [String] = [inner, python].flatMap { inner in
        [
            #"{"error":{"message":\#(quoted(inner))}}"#,
            #"{"error":\#(quoted(inner))}"#,
            #"{"detail":\#(quoted("Error code: 400 - " + inner))}"#,
            #"{"detail":{"message":\#(quoted("Upstream: (" + inner + ")"))}}"#,
            #"{"message":"no","errors":[{"message":\#(quoted("b'" + inner + "'"))}]}"#,
            #"{"error":{"message":"Provider returned error","metadata":{"raw":\#(quoted(inner))}}}"#,
            #"[{"error":{"code":400,"message":\#(quoted(inner))}}]"#,
            "Error code: 400 - " + inner,
            inner,
            quoted("litellm.BadRequestError: OpenAIException - " + inner),
            #"{"error":{"message":\#(quoted(#"{"error":{"message":\#(quoted(inner))}}"#))}}"#,
        ]
    }

    @Test(arguments: packed)
    func `an error within the words of another is read`(body: String) throws {
        let fault = fault(400, Array(body.utf8))
        #expect(fault.kind == .contextTooLong, "\(fault)")
        let reason = try #require(fault.reason)
        #expect(reason.contains("odd") && !reason.contains("{") && !reason.contains("None"))
    }

    @Test func `the words around a packed error stay`() {
        let body = #"{"error":{"message":"litellm: X - {\"error\":\"odd\"}. Try again in 7 s"}}"#
        let fault = fault(429, Array(body.utf8))
        #expect(fault.reason == "litellm: X: odd; Try again in 7 s")
        #expect(fault.wait == .seconds(7))
    }

    @Test(arguments: [
        "set {a} to {b}", "{", "{}", "{{x}}", "a { b: [c", "{'a'", "{'a': }", #"{"a":"#,
        "use {\"type\": 1}", "f() { return 'x' }", "{'\\", "{'\\x",
    ])
    func `braces that hold no error are words`(text: String) {
        let body = #"{"error":{"message":\#(Self.quoted(text))}}"#
        #expect(fault(400, Array(body.utf8)).reason == text)
    }

    @Test func `errors packed into each other without end are bounded`() {
        var body = "deep down"
        for _ in 0..<12 { body = #"{"error":{"message":\#(Self.quoted(body))}}"# }
        #expect(fault(400, Array(body.utf8)).reason?.utf8.count ?? 0 <= 1003)
    }

    // MARK: Unknown objects

    @Test(arguments: [
        (
            #"{"fault":{"faultstring":"Model is away","detail":{"errorcode":"NOT_FOUND"}}}"#,
            "Model is away"
        ),
        (#"{"Message":"Input is odd.","__type":"ValidationException"}"#, "Input is odd."),
        (#"{"errors":{"messages":["it is empty","it is short"]}}"#, "it is empty; it is short"),
        (#"{"a":{"b":{"c":{"d":{"e":{"f":{"message":"it is deep"}}}}}}}"#, "it is deep"),
        (#"{"base_resp":{"status_code":1,"status_msg":"it is odd"},"x":null}"#, "it is odd"),
        (#"{"input":"my own words","result":"it is odd"}"#, "it is odd"),
        (#"{"ResponseStatus":{"Errors":[{"Text":"one is odd"}]}}"#, "one is odd"),
    ])
    func `an object of an unknown form has its sentences as the reason`(body: String, says: String)
    {
        #expect(fault(404, Array(body.utf8)).reason == says)
    }

    @Test func `the labels of an unknown object tell its class`() {
        let body = #"{"fault":{"faultstring":"It is away","detail":{"errorcode":"NOT_FOUND"}}}"#
        #expect(fault(404, Array(body.utf8)).kind == .modelUnknown)
    }

    @Test(arguments: [
        #"{"success":false,"errors":[{"code":7009,"message":"it failed"}],"result":null}"#,
        #"{"errors":[{"message":"it failed","extensions":{"code":"INTERNAL"}}],"data":null}"#,
        #"{"base_resp":{"status_code":1002,"status_msg":"it failed"},"choices":null}"#,
        #"{"success":false,"message":"it failed"}"#,
    ])
    func `an answer that is an error is found by its members`(body: String) throws {
        let fault = UpstreamFault.find(in: try JSONObject(Array(body.utf8)), hiding: nil)
        #expect(fault?.reason == "it failed")
    }

    @Test(arguments: [
        #"{"choices":[],"errors":[],"success":true,"base_resp":{"status_code":0}}"#,
        #"{"choices":[{"message":{"content":"Hi"}}],"errors":["x"],"success":false}"#,
        #"{"errors":[],"x":1}"#, #"{"errors":null}"#, #"{"base_resp":{"status_code":0}}"#,
    ])
    func `an answer without one is none`(body: String) throws {
        #expect(UpstreamFault.find(in: try JSONObject(Array(body.utf8)), hiding: nil) == nil)
    }

    @Test(arguments: [
        #"{"error":{"code":"429","message":"wait"}}"#, #"{"error":{"status":"429","message":"m"}}"#,
        #"{"error":{"statusCode":429,"message":"m"}}"#, #"{"error":{"status_code":"429"}}"#,
        #"{"error":{"http_status":429}}"#,
    ])
    func `a status within an error counts, as a number or a text`(body: String) throws {
        let fault = UpstreamFault.find(in: try JSONObject(Array(body.utf8)), hiding: nil)
        #expect(fault?.kind == .rateLimited)
    }

    // MARK: Encodings

    private static let umlauts = #"{"error":{"message":"größer als é"}}"#

    private static func pairs(_ order: (UInt8, UInt8) -> [UInt8]) -> [UInt8] {
        Array(umlauts.utf16).flatMap { unit -> [UInt8] in
            order(UInt8(truncatingIfNeeded: unit), UInt8(truncatingIfNeeded: unit >> 8))
        }
    }

    private static let encoded: [[UInt8]] = [
        Array(umlauts.utf8), [0xEF, 0xBB, 0xBF] + Array(umlauts.utf8),
        [0xFF, 0xFE] + pairs { [$0, $1] }, [0xFE, 0xFF] + pairs { [$1, $0] },
        umlauts.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) },
    ]

    @Test(arguments: encoded)
    func `an error is read in the encodings of other servers`(body: [UInt8]) {
        #expect(fault(400, body).reason == "größer als é")
    }

    @Test(
        arguments: [[0xFF], [0xFE, 0xFF], [0xFF, 0xFE, 0x7B], [0xC3], [0xFF, 0xFE, 0x00, 0xD8]]
            as [[UInt8]]
    )
    func `bytes in no encoding do no harm`(body: [UInt8]) {
        #expect(fault(400, body).reason?.utf8.count ?? 0 < 8)
    }

    @Test func `a broken byte within UTF-8 leaves the other characters`() {
        let body = Array("größer ".utf8) + [0xFF] + Array(" é".utf8)
        #expect(fault(400, body).reason == "größer \u{FFFD} é")
    }

    // MARK: Pages

    @Test(arguments: [
        (
            "<?xml version='1.0'?><Error><Code>Denied</Code><Message>It has expired</Message></Error>",
            "Denied It has expired", false
        ),
        ("<html><body><h1>502</h1><p>Bad gateway</p></body></html>", "502", true),
        (
            "<?xml version='1.0'?><!DOCTYPE html><html><head><title>Away</title></head></html>",
            "Away", true
        ),
        ("<p>one</p><p>two</p>", "one two", true),
    ])
    func `a page is told from an error in XML`(body: String, says: String, isPage: Bool) {
        let fault = fault(403, Array(body.utf8))
        #expect(fault.isPage == isPage && fault.reason?.contains(says) == true, "\(fault)")
    }

    // MARK: Python

    @Test(arguments: [
        ("{'a': None, 'b': [True, False]}", #"{"a": null, "b": [true, false]}"#),
        (#"{"it's": 'say "x"'}"#, #"{"it's": "say \"x\""}"#),
        (#"{'a': '\\n\xe9\''}"#, #"{"a": "\\n\u00e9'"}"#), ("{'a", #"{"a""#), ("", ""),
    ])
    func `a value of Python's is JSON with other quotes`(python: String, json: String) {
        #expect(String(decoding: PythonText.json(Array(python.utf8)), as: UTF8.self) == json)
    }
}
