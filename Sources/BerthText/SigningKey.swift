import COpenSSL

/// A public key of a signature, as COSE writes it (RFC 9053).
package enum SigningKey: Equatable, Sendable {
    /// ECDSA on P-256 with SHA-256: the coordinates, of 32 bytes each.
    case es256(x: [UInt8], y: [UInt8])
    /// EdDSA on Ed25519: the key, of 32 bytes.
    case ed25519([UInt8])
    /// RSASSA-PKCS1-v1_5 with SHA-256: the modulus of 2,048 to 4,096 bits, and the exponent.
    case rs256(modulus: [UInt8], exponent: [UInt8])

    /// The names of the algorithms, the preferred one first: ES256, EdDSA, RS256.
    package static let algorithms = [-7, -8, -257]

    /// Reads a key.
    ///
    /// - Returns: nil for another algorithm, and for numbers of the wrong length. ``verifies(_:of:)``
    ///   refuses a point that is not on the curve.
    package init?(cose: CBOR) {
        let number = { (key: Int64) -> Int64? in
            guard case .integer(let value)? = cose[.integer(key)] else { return nil }
            return value
        }
        let bytes = { (key: Int64) -> [UInt8] in cose[.integer(key)]?.byteString ?? [] }
        switch (number(1), number(3)) {
        case (2, -7) where number(-1) == 1:
            self = .es256(x: bytes(-2), y: bytes(-3))
            guard bytes(-2).count == 32, bytes(-3).count == 32 else { return nil }
        case (1, -8) where number(-1) == 6:
            self = .ed25519(bytes(-2))
            guard bytes(-2).count == 32 else { return nil }
        case (3, -257):
            let (modulus, exponent) = (bytes(-1), bytes(-2))
            guard (256...512).contains(modulus.count), modulus[0] != 0,
                (1...4).contains(exponent.count), (exponent.last ?? 0) & 1 == 1, exponent != [1]
            else { return nil }
            self = .rs256(modulus: modulus, exponent: exponent)
        default: return nil
        }
    }

    /// Whether `signature` is that of `message` by the key's owner.
    ///
    /// A signature of ES256 is in DER, as authenticators write it.
    package func verifies(_ signature: [UInt8], of message: [UInt8]) -> Bool {
        switch self {
        case .ed25519(let key): Ed25519.verifies(signature, of: message, key: key)
        case .es256(let x, let y):
            SigningKey.verifies(signature, message, SigningKey.pointHeader + x + y)
        case .rs256(let modulus, let exponent):
            SigningKey.verifies(signature, message, SigningKey.rsaInfo(modulus, exponent))
        }
    }

    /// Verifies with a key in the form `SubjectPublicKeyInfo` (RFC 5280) of DER.
    private static func verifies(_ signature: [UInt8], _ message: [UInt8], _ info: [UInt8]) -> Bool
    {
        let owner = unsafe info.withUnsafeBufferPointer { bytes in
            var start = bytes.baseAddress
            return unsafe d2i_PUBKEY(nil, &start, info.count)
        }
        // libcrypto keeps the reason of a failure for the thread.
        defer { ERR_clear_error() }
        guard let owner = unsafe owner else { return false }
        defer { unsafe EVP_PKEY_free(owner) }
        guard let state = unsafe EVP_MD_CTX_new() else { return false }
        defer { unsafe EVP_MD_CTX_free(state) }
        guard unsafe EVP_DigestVerifyInit(state, nil, EVP_sha256(), nil, owner) == 1 else {
            return false
        }
        return unsafe EVP_DigestVerify(
            state,
            signature,
            signature.count,
            message,
            message.count
        ) == 1
    }

    /// DER up to the coordinates of a point of P-256 (RFC 5480).
    private static let pointHeader: [UInt8] = [
        0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01, 0x06, 0x08,
        0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04,
    ]
    /// DER of the algorithm `rsaEncryption` (RFC 8017).
    private static let rsaEncryption: [UInt8] = [
        0x30, 0x0D, 0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x01, 0x05, 0x00,
    ]

    private static func rsaInfo(_ modulus: [UInt8], _ exponent: [UInt8]) -> [UInt8] {
        let key = der(0x30, der(0x02, positive(modulus)) + der(0x02, positive(exponent)))
        return der(0x30, rsaEncryption + der(0x03, [0] + key))
    }

    /// The content of a positive integer of DER.
    private static func positive(_ bytes: [UInt8]) -> [UInt8] {
        (bytes.first ?? 0) >= 0x80 ? [0] + bytes : bytes
    }

    private static func der(_ tag: UInt8, _ content: [UInt8]) -> [UInt8] {
        let count = content.count
        guard count >= 0x80 else { return [tag, UInt8(count)] + content }
        return [tag, 0x82, UInt8(count >> 8), UInt8(count & 0xFF)] + content
    }
}
