import BerthText
import Testing

@Suite struct Base64Tests {
    /// The examples of RFC 4648, section 10.
    @Test(arguments: [
        ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="),
        ("fooba", "Zm9vYmE="), ("foobar", "Zm9vYmFy"),
    ])
    func `bytes are written as RFC 4648 writes them`(text: String, encoded: String) {
        #expect(String(decoding: Array(text.utf8).base64, as: UTF8.self) == encoded)
    }

    @Test func `all digits are used, and pieces of three join`() {
        let bytes = (0..<768).map { UInt8(truncatingIfNeeded: $0 &* 37 ^ $0 >> 3) }
        let pieces = stride(from: 0, to: bytes.count, by: 3 * 16).flatMap {
            Array(bytes[$0..<min($0 + 3 * 16, bytes.count)]).base64
        }
        #expect(pieces == bytes.base64)
        #expect([UInt8]([0xFB, 0xEF, 0xFF]).base64 == Array("++//".utf8))
    }
}
