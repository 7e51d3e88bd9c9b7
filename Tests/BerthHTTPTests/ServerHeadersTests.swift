import BerthHTTP
import Testing

@Suite struct HTTPHeadersTests {
    @Test func `names are compared without case`() {
        let headers: HTTPHeaders = ["Content-Type": "text/plain", "x-a": "1", "X-A": "2"]
        #expect(headers["content-TYPE"] == "text/plain")
        #expect(headers["X-a"] == "1")
        #expect(headers.all("x-a") == ["1", "2"])
        #expect(headers["absent"] == nil)
    }

    @Test func `setting replaces every field of the name at the first one's place`() {
        var headers: HTTPHeaders = ["a": "1", "b": "2", "A": "3"]
        headers["a"] = "4"
        #expect(headers.map { "\($0.name)=\($0.value)" } == ["a=4", "b=2"])
        headers["B"] = nil
        headers.add("a", "5")
        #expect(headers.map(\.value) == ["4", "5"])
    }

    @Test(arguments: ["", "a b", "a:", "é", "a\r"])
    func `what is no token is no name`(name: String) { #expect(!HTTPHeaders.isToken(name)) }

    @Test(arguments: ["a\r\nb", "a\nb", "a\0", "\u{7F}"])
    func `a value has no control characters`(value: String) {
        #expect(!HTTPHeaders.isValue(value))
        #expect(HTTPHeaders.isValue("text/html; charset=\"utf-8\"\té"))
    }
}
