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
        let lengths = headers.all("Content-Length")
        let encodings = headers.all("Transfer-Encoding")
        guard headers.allSatisfy({ HTTPHeaders.isToken($0.name) }) else { throw .name }
        if lengths.count > 1 { throw .repeated("Content-Length") }
        if encodings.count > 1 { throw .repeated("Transfer-Encoding") }
        if headers.all("Host").count > 1 { throw .repeated("Host") }
        if let encoding = encodings.first {
            guard lengths.isEmpty else { throw .lengthAndEncoding }
            guard HTTPHeaders.isSame(encoding, "chunked") else { throw .encoding }
            length = nil
        } else {
            length = try HTTPServerFraming.number(lengths.first)
        }
        expectsContinue = HTTPHeaders.isSame(headers["Expect"] ?? "", "100-continue")
    }

    private static func number(_ text: String?) throws(Fault) -> Int {
        guard let text else { return 0 }
        guard text.utf8.allSatisfy({ 0x30...0x39 ~= $0 }), let number = Int(text) else {
            throw .length
        }
        return number
    }
}
