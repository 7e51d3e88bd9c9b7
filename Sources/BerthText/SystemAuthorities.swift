/// The certificate authorities that the system trusts.
package enum SystemAuthorities {
    /// Debian's file of them, in PEM.
    package static let file = "/etc/ssl/certs/ca-certificates.crt"
    /// The folder of the same authorities, one in a file.
    package static let folder = "/etc/ssl/certs"

    /// The folders of a list, as `SSL_CERT_DIR` is one, without the system's own, or nil if none
    /// is left.
    package static func further(_ folders: String) -> String? {
        let others = folders.split(separator: ":").filter { name in
            name != folder && name != folder + "/"
        }
        return others.isEmpty ? nil : others.joined(separator: ":")
    }
}
