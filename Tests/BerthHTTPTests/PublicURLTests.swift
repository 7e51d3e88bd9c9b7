import BerthHTTP
import BerthText
import Testing

@Suite struct PublicURLTests {
    @Test(
        arguments: [
            ("https://pictures.example/a.png", "pictures.example"),
            ("http://Example.com:8080/x?y=z#f", "example.com"), ("HTTPS://a.b", "a.b"),
            ("https://xn--bcher-kva.example/", "xn--bcher-kva.example"), ("http://8.8.8.8/", nil),
            ("http://[2606:4700::1111]/", nil),
            ("http://10.example.com/a@b\u{25}20c", "10.example.com"),
        ] as [(String, String?)]
    )
    func `a public address is read`(text: String, name: String?) throws {
        let url = try #require(PublicURL(text))
        #expect(url.name == name)
    }

    @Test(arguments: [
        "", "x", "ftp://example.com/", "file:///etc/passwd", "http:/example.com", "//example.com/",
        "http://", "http:///x", "http://localhost/", "http://LOCALHOST:8080/",
        "http://a.localhost/",
        "http://printer/", "http://printer.local/", "http://db.internal/", "http://x.lan/",
        "http://x.home.arpa/", "http://localhost./", "http://printer.local./",
        "http://metadata.google.internal/", "http://127.0.0.1/", "http://127.1/", "http://0/",
        "http://2130706433/", "http://0x7f000001/", "http://0x7f.1/", "http://017700000001/",
        "http://0177.0.0.1/", "http://10.1.2.3/", "http://172.16.0.1/", "http://192.168.0.1/",
        "http://169.254.169.254/latest/meta-data", "http://100.64.0.1/", "http://0.0.0.0:80/",
        "http://[::1]/", "http://[::]/", "http://[::ffff:127.0.0.1]/", "http://[::ffff:7f00:1]/",
        "http://[fe80::1]/", "http://[fe80::1\u{25}25eth0]/", "http://[fd00::1]/",
        "http://[64:ff9b::7f00:1]/", "http://1.2.3.4.5/", "http://1.2.3.256/", "http://0x7f/",
        "http://user@example.com/", "http://user:pass@example.com/",
        "http://example.com\\@127.0.0.1/", "http://127.0.0.1\\.example.com/",
        "http://exa\tmple.com/", "http://127.0.0.1\n.example.com/", " http://example.com/",
        "http://%31%32%37.0.0.1/", "http://①②⑦.⓪.⓪.①/", "http://127。0。0。1/",
        "http://münchen.example/",
        "http://example.com:99999/", "javascript://example.com/",
    ])
    func `an inner address in any spelling is not`(text: String) {
        #expect(PublicURL(text) == nil)
    }

    @Test func `a long address is none`() {
        let path = String(repeating: "a", count: PublicURL.longest)
        #expect(PublicURL("https://example.com/" + path) == nil)
    }

    @Test(arguments: [
        String(repeating: "a", count: 100_000), "a" + String(repeating: "\u{301}", count: 100_000),
        String(repeating: "\u{1}", count: 100_000), String(repeating: "\"", count: 3_000), "",
        String(repeating: "👩‍👩‍👧‍👦", count: 3_000),
    ])
    func `an error has at most 2 KiB`(words: String) throws {
        let response = HTTPResponse.error(400, words, code: words)
        guard case .bytes(let bytes) = response.body else {
            Issue.record("the body is not bytes")
            return
        }
        #expect(bytes.count <= 2048)
        let message = try JSONObject(bytes).object("error")?.string("message")
        #expect(message.map { words.utf8.starts(with: $0.utf8.prefix(12).dropLast(3)) } == true)
    }
}
