import BerthText
import Testing

@Suite struct Base64Tests {
    /// The vectors of RFC 4648, section 10.
    static let vectors = [
        ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="),
        ("fooba", "Zm9vYmE="), ("foobar", "Zm9vYmFy"),
    ]

    @Test(arguments: vectors)
    func `text and bytes are those of the standard`(vector: (String, String)) throws {
        let (plain, text) = (Array(vector.0.utf8), Array(vector.1.utf8))
        #expect(encoded(plain, by: 1) == text)
        #expect(encoded(plain, by: 7) == text)
        #expect(Base64Encoder.length(of: plain.count) == text.count)
        #expect(try decoded(text, by: 1) == plain)
        #expect(try decoded(text.filter { $0 != UInt8(ascii: "=") }, by: 3) == plain)
    }

    @Test(arguments: 1...40)
    func `any cut gives the same bytes`(size: Int) throws {
        let bytes = (0..<1000).map { UInt8(truncatingIfNeeded: $0 * 7 + $0 / 3) }
        let text = encoded(bytes, by: size)
        #expect(try decoded(text, by: 41 - size) == bytes)
    }

    @Test(arguments: ["a", "ab=", "ab===", "=", "a=", "ab==c", "a!b", "ab=c", "abcde", "\u{e9}"])
    func `a text that is none is refused`(text: String) {
        #expect(throws: Base64Decoder.Malformed.self) { try decoded(Array(text.utf8), by: 1) }
    }

    @Test func `white space and the digits of base64url are read`() throws {
        #expect(try decoded(Array("_-8\r\n =".utf8), by: 2) == [0xFF, 0xEF])
    }

    private func encoded(_ bytes: [UInt8], by size: Int) -> [UInt8] {
        var (encoder, out) = (Base64Encoder(), [UInt8]())
        for start in stride(from: 0, to: bytes.count, by: size) {
            out += encoder.feed(Array(bytes[start..<min(start + size, bytes.count)]))
        }
        return out + encoder.finish()
    }

    private func decoded(_ text: [UInt8], by size: Int) throws(Base64Decoder.Malformed) -> [UInt8] {
        var (decoder, out) = (Base64Decoder(), [UInt8]())
        for start in stride(from: 0, to: text.count, by: size) {
            try decoder.feed(text[start..<min(start + size, text.count)], onto: &out)
        }
        try decoder.finish(onto: &out)
        return out
    }
}
