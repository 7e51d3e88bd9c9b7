package import BerthBot
import BerthText

/// An authenticator of WebAuthn with one key of Ed25519, whose every part a test can change.
package struct SoftAuthenticator {
    private let key: Ed25519Key
    /// The credential's name.
    package var credential: [UInt8]
    /// The site for which it signs.
    package var site: String
    /// The origin that the browser writes.
    package var origin: String
    /// The flags: present and verified.
    package var flags: UInt8 = 0x05
    /// The count of signatures.
    package var count: UInt32 = 0
    /// The member `crossOrigin` of the browser's JSON.
    package var isCrossOrigin = false

    /// Makes an authenticator at `origin`, which has no port.
    ///
    /// - Parameters:
    ///   - origin: the origin of the page.
    ///   - seed: a byte by which authenticators differ.
    package init?(origin: String, seed: UInt8 = 1) {
        guard let key = Ed25519Key(seed: [UInt8](repeating: seed, count: 32)) else { return nil }
        self.key = key
        self.origin = origin
        site = String(origin.drop { $0 != ":" }.dropFirst(3))
        credential = [UInt8](repeating: seed, count: 20)
    }

    /// The browser's JSON.
    package func client(_ type: String, _ challenge: String) -> [UInt8] {
        Array(
            #"""
            {"type":"\#(type)","challenge":"\#(challenge)","origin":"\#(origin)",\#
            "crossOrigin":\#(isCrossOrigin)}
            """#.utf8
        )
    }

    /// The public key in COSE's form.
    package var publicKey: [UInt8] {
        [0xA4, 0x01, 0x01, 0x03, 0x27, 0x20, 0x06, 0x21, 0x58, 0x20] + key.publicKey
    }

    /// The attestation of a registration.
    package var attestation: [UInt8] {
        let length = [UInt8(credential.count >> 8), UInt8(credential.count & 0xFF)]
        let data =
            head(flags | 0x40) + [UInt8](repeating: 0, count: 16) + length + credential + publicKey
        let size = [UInt8(data.count >> 8), UInt8(data.count & 0xFF)]
        return [0xA3] + [0x63] + Array("fmt".utf8) + [0x64] + Array("none".utf8)
            + [0x67] + Array("attStmt".utf8) + [0xA0]
            + [0x68] + Array("authData".utf8) + [0x59] + size + data
    }

    /// The words of a login.
    package func assertion(_ challenge: String) -> WebAuthn.Assertion {
        let (client, data) = (client("webauthn.get", challenge), head(flags))
        return WebAuthn.Assertion(
            client: client,
            authenticator: data,
            signature: key.sign(data + Secret256.digest([client[...]]))
        )
    }

    private func head(_ flags: UInt8) -> [UInt8] {
        let counted = (0..<4).map { UInt8(truncatingIfNeeded: count >> (24 - 8 * $0)) }
        return Secret256.hash(site) + [flags] + counted
    }
}
