import BerthText
import Testing

@testable import BerthProviders

@Suite struct PictureScanTests {
    /// An answer, and the pictures in it.
    static let answers: [(String, [String])] = [
        (#"{"data":[{"b64_json":"aGVsbG8="}]}"#, ["hello"]),
        (#"{"data":[{"b64_json":"aGVsbG8"},{"b64_json":"d29ybGQ="}],"x":1}"#, ["hello", "world"]),
        (#"{"data":[{ "b64_json" : "data:image/png;base64,aGVsbG8=" }]}"#, ["hello"]),
        (#"{"images":[{"url":"data:image\/png;base64,aGVsbG8="}]}"#, ["hello"]),
        (#"{"data":[{"url":"https://x.example/a.png","b64_json":""}]}"#, []),
        (#"{"data":[{"b64_json":null,"url":"date"},{"url":"d"},{"url":""}]}"#, []),
        (#"{"data":[{"b64_json":"aGVs\nbG8=\r\n"}]}"#, ["hello"]),
        (#"{"data":[{"b64_json":"aGVsbG8\u003d"}]}"#, ["hello"]),
        (#"{"b64_json\"":"no!","text":"b64_json","b64_json":["no!"]}"#, []),
        (#"{"text":"\"b64_json\":\"no!\""}"#, []),
        (#"{"data":[{"b64_json":"da"}]}"#, ["u"]),
        ("no JSON", []),
    ]

    @Test(arguments: answers)
    func `pictures are found however the answer is cut`(answer: (String, [String])) throws {
        let bytes = Array(answer.0.utf8)
        for size in 1...bytes.count {
            var (scan, pictures, open) = (PictureScan(), [[UInt8]](), [UInt8]())
            for start in stride(from: 0, to: bytes.count, by: size) {
                for event in try scan.feed(Array(bytes[start..<min(start + size, bytes.count)])) {
                    switch event {
                    case .begin: open = []
                    case .bytes(let part): open += part
                    case .end: pictures.append(open)
                    }
                }
            }
            #expect(pictures.map { String(decoding: $0, as: UTF8.self) } == answer.1)
            if answer.1.isEmpty { #expect(scan.rest == bytes) }
            if bytes.first == UInt8(ascii: "{") {
                #expect(throws: Never.self) { try JSONObject(scan.rest) }
            }
        }
    }

    @Test(arguments: [
        #"{"b64_json":"a!b="}"#, #"{"b64_json":"a"}"#, #"{"b64_json":"YQ==YQ=="}"#,
        #"{"b64_json":"YQ="}"#, #"{"b64_json":"===="}"#, #"{"b64_json":"\u00e9"}"#,
        #"{"b64_json":"\x"}"#, #"{"b64_json":"data:image/png,abc"}"#, #"{"url":"data:"}"#,
        #"{"b64_json":"<html>"}"#, #"{"b64_json":"\uZZZZ"}"#,
    ])
    func `a text that is no base64 is found`(answer: String) {
        var scan = PictureScan()
        #expect(throws: Base64Decoder.Malformed.self) { try scan.feed(Array(answer.utf8)) }
    }

    @Test(arguments: ["1024x1024", "1x1", "8192x8192"])
    func `a size is read`(text: String) { #expect(PictureSize(text)?.description == text) }

    @Test(arguments: [
        "", "x", "1024", "0x1", "1x0", "8193x1", "1024X1024", "-1x1", "1x1x1", "auto", " 1x1",
        "99999999999x9", "１x１",
    ])
    func `a text that is no size is refused`(text: String) { #expect(PictureSize(text) == nil) }
}
