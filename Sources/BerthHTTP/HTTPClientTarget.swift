import CCurl

/// The destination of a URL.
///
/// curl's own parser reads it, so the checked host is the host that curl connects to.
struct HTTPClientTarget {
    /// A name in lower case, or an address without brackets.
    let host: String
    let port: Int
    /// Whether the connection uses TLS.
    let isSecure: Bool
    /// The host for errors and logs, followed by the port if that is not the scheme's default.
    let name: String
    /// The numeric address, or nil if the host is a name.
    let address: IPAddress?

    /// Reads and checks a URL.
    ///
    /// - Throws: ``HTTPClientError/badRequest(reason:)``.
    init(_ url: String) throws(HTTPClientError) {
        let parser = URLParser(url)
        guard parser.isValid else {
            throw .badRequest(reason: "its URL does not have the form https://host/path")
        }
        guard let scheme = parser[CURLUPART_SCHEME], scheme == "http" || scheme == "https" else {
            throw .badRequest(reason: "its URL is neither http nor https")
        }
        guard parser[CURLUPART_USER] == nil, parser[CURLUPART_PASSWORD] == nil else {
            throw .badRequest(reason: "its URL holds a user or a password: use a header")
        }
        guard let host = parser[CURLUPART_HOST], let port = Int(parser[CURLUPART_PORT] ?? "") else {
            throw .badRequest(reason: "its URL has no host")
        }
        let isBracketed = host.hasPrefix("[")
        self.host = isBracketed ? String(host.dropFirst().dropLast()) : host.lowercased()
        self.port = port
        isSecure = scheme == "https"
        name = port == (isSecure ? 443 : 80) ? host : "\(host):\(port)"
        address = IPAddress(self.host)
        try HTTPClientTarget.check(self.host, isLiteral: address != nil, isBracketed: isBracketed)
    }

    /// Whether the name means this machine by definition (RFC 6761).
    ///
    /// curl resolves it itself.
    var isLocalhost: Bool { host == "localhost" || host.hasSuffix(".localhost") }

    /// Whether the name must be looked up.
    var isNamed: Bool { address == nil && !isLocalhost }

    /// Allows only names that curl finds again among the given addresses.
    ///
    /// curl must never look up a name itself.
    private static func check(
        _ host: String,
        isLiteral: Bool,
        isBracketed: Bool
    ) throws(HTTPClientError) {
        guard !isLiteral else { return }
        let isPlain = host.utf8.allSatisfy {
            switch $0 {
            case 0x30...0x39, 0x61...0x7A, 0x2D, 0x2E, 0x5F: true
            default: false
            }
        }
        guard isPlain, !isBracketed, !host.isEmpty, host.utf8.count <= 253, !host.hasSuffix(".")
        else {
            throw .badRequest(
                reason: "its URL's host is not a plain name: letters, digits, '-' and '.', "
                    + "without a dot at the end, international ones as xn--…"
            )
        }
    }
}

/// The URL as curl parsed it.
@safe private struct URLParser: ~Copyable {
    /// The handle, or nil if there was no memory for it.
    private let handle: OpaquePointer?
    let isValid: Bool

    init(_ url: String) {
        unsafe handle = curl_url()
        isValid = unsafe curl_url_set(handle, CURLUPART_URL, url, 0) == CURLUE_OK
    }

    subscript(part: CURLUPart) -> String? {
        var text: UnsafeMutablePointer<CChar>?
        let code = unsafe curl_url_get(handle, part, &text, UInt32(CURLU_DEFAULT_PORT))
        guard code == CURLUE_OK, let found = unsafe text else { return nil }
        defer { unsafe curl_free(found) }
        return unsafe String(cString: found)
    }

    deinit { unsafe curl_url_cleanup(handle) }
}
