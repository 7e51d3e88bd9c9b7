import BerthText
import Testing

@Suite struct EncodingTests {
    // The vectors of RFC 4648, section 10, without padding.
    @Test(arguments: [
        ("", ""), ("f", "Zg"), ("fo", "Zm8"), ("foo", "Zm9v"), ("foob", "Zm9vYg"),
        ("fooba", "Zm9vYmE"), ("foobar", "Zm9vYmFy"),
    ]) func `bytes in base64url`(_ text: String, _ expected: String) {
        #expect(Array(text.utf8).base64url == expected)
    }

    @Test func `base64url has the two characters that a URL can carry`() {
        #expect([UInt8]([0xFB, 0xEF, 0xBE, 0xFF, 0xFF, 0xFF]).base64url == "----____")
    }

    @Test(arguments: [
        "", "plain", "a \"quote\"", "back\\slash", "line\nend\u{1}", "é \u{7F}", "日本",
    ])
    func `a text that is appended as JSON is the text that is quoted`(_ text: String) {
        var out = Array("[".utf8)
        JSON.quote(text, onto: &out)
        #expect(out == Array("[".utf8) + JSON.quote(text))
        let object = try? JSONObject(Array("{\"a\":".utf8) + JSON.quote(text) + Array("}".utf8))
        #expect(object?.string("a") == text)
    }

    @Test func `the hash of a text is its SHA-256`() {
        // The vector of FIPS 180-4 for "abc".
        let hex = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        #expect(Secret256.hash("abc").hex == hex)
        let pieces = ["a", "", "bc"].map { Array($0.utf8)[...] }
        #expect(Secret256.digest(pieces).hex == hex)
    }
}

/// Hashes and codes over bytes.
@Suite struct HashTests {
    @Test func `a hash of pieces is that of their whole`() {
        let hash = RunningHash()
        for piece in ["a", "", "bc"] { hash.update(Array(piece.utf8)[...]) }
        #expect(hash.finish() == Secret256.hash("abc"))
        #expect(RunningHash().finish() == Secret256.hash(""))
    }

    @Test func `a code is HMAC-SHA256`() {
        // The second vector of RFC 4231.
        let code = MessageCode.of("what do ya want for nothing?", key: Array("Jefe".utf8))
        let hex = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        #expect(code.hex == hex)
        #expect(MessageCode.of("what do ya want for nothing?", key: [1]).hex != hex)
    }
}
