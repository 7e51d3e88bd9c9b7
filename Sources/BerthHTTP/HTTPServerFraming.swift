/// The header fields that delimit a request, checked before any other use.
struct HTTPServerFraming {
    /// The Content-Length in bytes, which is nil for a chunked body and 0 if there is no body.
    let length: Int?
    /// Whether the client waits for `100 Continue` before it sends its body.
    let expectsContinue: Bool

    var hasBody: Bool { length != 0 }

    /// A fault that makes the end or the host of a request ambiguous.
    enum Fault: Error, Equatable {
        case repeated(String)
        case lengthAndEncoding
        case encoding
        case length
        case name

        var reason: String {
            switch self {
            case .repeated(let name): "'\(name)' may be given once only."
            case .lengthAndEncoding: "Give Content-Length or Transfer-Encoding, not both."
            case .encoding: "Transfer-Encoding may only be 'chunked'."
            case .length: "Content-Length must be a number of bytes."
            case .name: "A header field has a name that is not a token (RFC 9110, section 5.6.2)."
            }
        }
    }

    /// Checks the header fields.
    ///
    /// libmicrohttpd accepts all of these faults, and a proxy in front may interpret them in
    /// another way.
    init(_ headers: HTTPHeaders) throws(Fault) {
        var (length, encoding, expectation): (String?, String?, String?) = (nil, nil, nil)
        var hosts = 0
        // One pass, because every request is checked. A field's size rules most names out.
        for (name, value) in headers {
            guard HTTPHeaders.isToken(name) else { throw .name }
            switch name.utf8.count {
            case 4 where HTTPHeaders.isSame(name, "Host"): hosts += 1
            case 6 where HTTPHeaders.isSame(name, "Expect"): expectation = expectation ?? value
            case 14 where HTTPHeaders.isSame(name, "Content-Length"):
                if length != nil { throw .repeated("Content-Length") }
                length = value
            case 17 where HTTPHeaders.isSame(name, "Transfer-Encoding"):
                if encoding != nil { throw .repeated("Transfer-Encoding") }
                encoding = value
            default: break
            }
        }
        if hosts > 1 { throw .repeated("Host") }
        if let encoding {
            guard length == nil else { throw .lengthAndEncoding }
            guard HTTPHeaders.isSame(encoding, "chunked") else { throw .encoding }
            self.length = nil
        } else {
            self.length = try HTTPServerFraming.number(length)
        }
        expectsContinue = HTTPHeaders.isSame(expectation ?? "", "100-continue")
    }

    private static func number(_ text: String?) throws(Fault) -> Int {
        guard let text else { return 0 }
        guard text.utf8.allSatisfy({ 0x30...0x39 ~= $0 }), let number = Int(text) else {
            throw .length
        }
        return number
    }
}
