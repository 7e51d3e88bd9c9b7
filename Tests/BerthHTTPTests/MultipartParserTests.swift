import BerthHTTP
import Testing

@Suite struct MultipartParserTests {
    private static let type = "multipart/form-data; boundary=XX"
    private static let form =
        "--XX\r\nContent-Disposition: form-data; name=\"prompt\"\r\n\r\na\r\n--X cat\r\n--XX\r\n"
        + "content-type: image/png\r\nContent-Disposition: form-data; name=\"image[]\"; "
        + "filename=\"a;\\\"b\\\".png\"\r\n\r\n\u{1}\r\n\r\n\r\n--XX  \r\n"
        + "Content-Disposition: form-data; name=empty; filename*=UTF-8''x\r\n\r\n\r\n--XX--\r\nrest"

    private struct Part: Equatable {
        var name: String, isFile: Bool, type: String, bytes: [UInt8]
    }

    /// Reads a form in pieces of `size` bytes.
    private func read(
        _ form: String,
        as type: String = MultipartParserTests.type,
        in size: Int = 7
    ) throws -> [Part] {
        var (parser, parts, isOpen) = (try MultipartParser(contentType: type), [Part](), false)
        let bytes = Array(form.utf8)
        for start in stride(from: 0, to: bytes.count, by: size) {
            for event in try parser.feed(Array(bytes[start..<min(start + size, bytes.count)])) {
                switch event {
                case .part(let field):
                    #expect(!isOpen)
                    isOpen = true
                    parts.append(
                        Part(name: field.name, isFile: field.isFile, type: field.type, bytes: [])
                    )
                case .bytes(let bytes):
                    #expect(isOpen && !bytes.isEmpty)
                    parts[parts.count - 1].bytes += bytes
                case .end:
                    #expect(isOpen)
                    isOpen = false
                }
            }
        }
        try parser.finish()
        #expect(!isOpen)
        return parts
    }

    @Test(arguments: [1, 2, 3, 5, 16, 61, 10_000])
    func `a form is the same in pieces of any size`(size: Int) throws {
        let parts = try read(Self.form, in: size)
        #expect(
            parts == [
                Part(name: "prompt", isFile: false, type: "", bytes: Array("a\r\n--X cat".utf8)),
                Part(
                    name: "image[]",
                    isFile: true,
                    type: "image/png",
                    bytes: Array("\u{1}\r\n\r\n".utf8)
                ),
                Part(name: "empty", isFile: true, type: "", bytes: []),
            ]
        )
    }

    @Test func `a large part is passed on while it comes`() throws {
        var parser = try MultipartParser(contentType: Self.type)
        let head = "--XX\r\nContent-Disposition: form-data; name=a; filename=b\r\n\r\n"
        _ = try parser.feed(Array(head.utf8))
        var count = 0
        for _ in 0..<64 {
            for event in try parser.feed([UInt8](repeating: 0x0D, count: 16 << 10)) {
                if case .bytes(let bytes) = event { count += bytes.count }
            }
        }
        #expect(count > (1 << 20) - 100)
    }

    @Test(arguments: [
        "multipart/form-data; boundary=\"XX\"", "Multipart/Form-Data;boundary=XX;charset=utf-8",
        "multipart/form-data ; charset=\"a;b\" ; BOUNDARY=XX",
    ])
    func `the boundary is found in every form of the header`(type: String) throws {
        #expect(try read(Self.form, as: type).count == 3)
    }

    @Test(arguments: [
        "", "text/plain", "multipart/form-data", "multipart/form-data; boundary=",
        "multipart/mixed; boundary=XX", "multipart/form-data; boundary=\"XX",
        "multipart/form-data; boundary=XX; boundary=YY", "multipart/form-data; boundary=a\u{7}",
        "multipart/form-data; boundary=" + String(repeating: "x", count: 71),
        "multipart/form-data; boundary", "application/json",
    ])
    func `a type without one boundary is refused`(type: String) {
        #expect(throws: MultipartError.self) { try MultipartParser(contentType: type) }
    }

    private static let head = "--XX\r\nContent-Disposition: form-data; name=a\r\n"

    @Test(arguments: [
        "", "--XX", "--XX\r\n", head, head + "\r\nabc", head + "\r\nabc\r\n--XX",
        head + "\r\nabc\r\n--XX\r\n", "--XXX\r\n\r\n\r\n--XX--", "--XX\r\n\r\nabc\r\n--XX--",
        "--XX\r\nContent-Type: a/b\r\n\r\nabc\r\n--XX--",
        "--XX\r\nContent-Disposition: form-data\r\n\r\nabc\r\n--XX--",
        "--XX\r\nContent-Disposition: form-data; name=\"\"\r\n\r\nabc\r\n--XX--",
        "--XX\r\nContent-Disposition: attachment; name=a\r\n\r\nabc\r\n--XX--",
        "--XX\r\nContent-Disposition: form-data; name=a; name=b\r\n\r\nabc\r\n--XX--",
        "--XX\r\nContent-Disposition: form-data; name=\"a\r\n\r\nabc\r\n--XX--",
        "--XX\r\nnonsense\r\nContent-Disposition: form-data; name=a\r\n\r\nabc\r\n--XX--",
        head + "Content-Disposition: form-data; name=b\r\n\r\nabc\r\n--XX--",
        head + "Content-Transfer-Encoding: base64\r\n\r\nabc\r\n--XX--",
        head + "X: " + String(repeating: "x", count: 5000) + "\r\n\r\nabc\r\n--XX--",
        head + String(repeating: "X: y\r\n", count: 20) + "\r\nabc\r\n--XX--",
        String(repeating: "p", count: 2000) + Self.form,
        head + "\r\nabc\r\n--XXother\r\n--XX--",
        String(repeating: head + "\r\nx\r\n", count: 65) + "--XX--",
        "--XX\r\nContent-Disposition: form-data; name=" + String(repeating: "n", count: 65)
            + "\r\n\r\nabc\r\n--XX--",
    ])
    func `a broken form is refused and never trapped on`(form: String) {
        for size in [1, 9, 100_000] {
            #expect(throws: MultipartError.self) { try read(form, in: size) }
        }
    }
}
