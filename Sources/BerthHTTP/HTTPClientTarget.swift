import CCurl

/// Where a URL leads, read by curl's own parser, so that what is checked is what is connected to.
struct HTTPClientTarget {
    /// A name, or an address without brackets; in lower case where it is a name.
    let host: String
    let port: Int
    /// Whether TLS is spoken there.
    let isSecure: Bool
    /// What errors and logs call it: the host, and the port where it is not the scheme's own.
    let name: String
    /// The host, where it is numeric.
    let address: IPAddress?

    /// Reads and checks a URL.
    ///
    /// - Throws: ``HTTPClientError/badRequest(reason:)``.
    init(_ url: String) throws(HTTPClientError) {
        let parser = URLParser(url)
        guard parser.isValid else {
            throw .badRequest(reason: "its URL is not one, as https://host/path")
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

    /// Whether the name means this machine by definition (RFC 6761), which curl knows itself.
    var isLocalhost: Bool { host == "localhost" || host.hasSuffix(".localhost") }

    /// Whether the name must be looked up.
    var isNamed: Bool { address == nil && !isLocalhost }

    /// Only names that curl finds again among the addresses we give it: it must never look one up.
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

/// curl's parsed URL, freed with its variable.
@safe private struct URLParser: ~Copyable {
    /// nil when there was no memory for it.
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
