import BerthText
import CCurl

/// The scheme, host and port of a URL, as curl connects to them.
package struct HTTPOrigin: Equatable, Sendable {
    /// Whether the scheme is `https`.
    package let isSecure: Bool
    /// A name in lower case, or an address without brackets.
    package let host: String
    /// The port.
    package let port: Int

    /// Reads the origin of an absolute URL.
    ///
    /// - Returns: nil if the client could not send a request to the URL.
    package init?(_ url: String) {
        guard url.utf8.count <= HTTPOrigin.longest, let target = try? HTTPClientTarget(url) else {
            return nil
        }
        (isSecure, host, port) = (target.isSecure, target.host, target.port)
    }

    /// The longest URL of an answer that is followed, in bytes.
    package static let longest = 8192

    /// Resolves a URL that a server names, such as that of a redirect, against the URL of the
    /// server's answer.
    ///
    /// - Returns: the absolute URL without its fragment, or nil if it is malformed or too long.
    package static func resolve(_ reference: String, against base: String) -> String? {
        guard reference.utf8.count <= longest, !reference.isEmpty,
            reference.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F })
        else { return nil }
        // Some servers send letters of any language as they are.
        let reference = reference.utf8.reduce(into: "") { text, byte in
            if byte < 0x80 {
                text.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                text += "%\([byte].hex)"
            }
        }
        let handle = unsafe curl_url()
        defer { unsafe curl_url_cleanup(handle) }
        guard unsafe curl_url_set(handle, CURLUPART_URL, base, 0) == CURLUE_OK,
            unsafe curl_url_set(handle, CURLUPART_URL, reference, 0) == CURLUE_OK,
            unsafe curl_url_set(handle, CURLUPART_FRAGMENT, nil, 0) == CURLUE_OK
        else { return nil }
        var text: UnsafeMutablePointer<CChar>?
        guard unsafe curl_url_get(handle, CURLUPART_URL, &text, 0) == CURLUE_OK,
            let found = unsafe text
        else { return nil }
        defer { unsafe curl_free(found) }
        return unsafe String(cString: found)
    }
}
