import BerthHTTP
import Testing

@Suite struct HTTPOriginTests {
    @Test(arguments: [
        ("http://a.example/x?y#z", "http://A.EXAMPLE:80/"),
        ("https://a.example", "https://a.example:443/q"),
        ("http://[::1]:8080/", "http://[::1]:8080/x"),
    ])
    func `the same server has one origin`(urls: (String, String)) {
        #expect(HTTPOrigin(urls.0) != nil)
        #expect(HTTPOrigin(urls.0) == HTTPOrigin(urls.1))
    }

    @Test(arguments: [
        "http://a.example:81/", "https://a.example/", "http://b.a.example/",
        "http://a.example.evil/",
    ])
    func `another server has another`(url: String) {
        #expect(HTTPOrigin(url) != HTTPOrigin("http://a.example/"))
    }

    @Test(arguments: [
        "", "a.example", "//a.example", "file:///x", "http://u:p@a.example/", "http://a.example@b/",
        "http://", "ftp://a.example/", "data:image/png;base64,AA",
    ])
    func `what cannot be asked has none`(url: String) { #expect(HTTPOrigin(url) == nil) }

    @Test(arguments: [
        ("/x", "http://a.example/x"), ("x", "http://a.example/b/x"), ("../x", "http://a.example/x"),
        ("?q=1", "http://a.example/b/c?q=1"), ("//b.example/y", "http://b.example/y"),
        ("https://c.example/z#f", "https://c.example/z"), ("../../../x", "http://a.example/x"),
        ("/é?ü", "http://a.example/%c3%a9?%c3%bc"),
    ])
    func `an address is resolved`(row: (String, String)) {
        #expect(HTTPOrigin.resolve(row.0, against: "http://a.example/b/c?d=e#f") == row.1)
    }

    @Test(arguments: ["", "http://a b/", "x\r\ny", "\u{0}"])
    func `a malformed address is refused`(text: String) {
        #expect(HTTPOrigin.resolve(text, against: "http://a.example/") == nil)
    }

    @Test func `an address without end is refused`() {
        let text = String(repeating: "x", count: 10_000)
        #expect(HTTPOrigin.resolve(text, against: "http://a.example/") == nil)
    }
}
