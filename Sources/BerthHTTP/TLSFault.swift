/// The reason why a TLS connection was not made.
package enum TLSFault: Equatable, Sendable {
    /// No authority that is trusted has signed the server's certificate.
    case untrusted
    /// The certificate has expired.
    case expired
    /// The certificate is not valid yet.
    case notYetValid
    /// The certificate is one of another host.
    case wrongName
    /// The configured authorities cannot be read.
    case authorities
    /// Anything else, such as a server without TLS.
    case handshake

    /// Makes the fault of a certificate that OpenSSL's check has refused.
    ///
    /// `code` is 1 if OpenSSL has refused none. libcurl looks at the host's name before it asks for
    /// the code, and has found another one.
    ///
    /// Source: <https://docs.openssl.org/3.0/man3/X509_STORE_CTX_get_error/>.
    init(verification code: Int) {
        self =
            switch code {
            case 0, 1, 62, 63, 64: .wrongName
            case 9: .notYetValid
            case 10: .expired
            default: .untrusted
            }
    }

    /// The fault and the remedy for the operator, with the library's `reason` between.
    func words(_ reason: String) -> String {
        switch self {
        case .untrusted:
            "its certificate is not trusted (\(reason)): check the URL, or name the file of its "
                + "authority (ca_file, SSL_CERT_FILE)"
        case .expired:
            "its certificate has expired (\(reason)): have it renewed, or set this machine's clock"
        case .notYetValid:
            "its certificate is not valid yet (\(reason)): set this machine's clock"
        case .wrongName:
            "its certificate is for another host (\(reason)): check the host in the URL"
        case .authorities:
            "the certificate authorities cannot be read (\(reason)): correct ca_file or "
                + "SSL_CERT_FILE"
        case .handshake:
            "no secure connection (\(reason)): check the URL's scheme and that the server speaks TLS"
        }
    }
}
