/// The certificate authorities that the system trusts.
package enum SystemAuthorities {
    /// Debian's file of them, in PEM.
    package static let file = "/etc/ssl/certs/ca-certificates.crt"
}
