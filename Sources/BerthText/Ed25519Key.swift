import COpenSSL

/// A private key of Ed25519 (RFC 8032).
package struct Ed25519Key: Sendable {
    private let seed: [UInt8]
    /// The public key, of 32 bytes.
    package let publicKey: [UInt8]

    /// Makes a key of 32 secret bytes, or nil for any other number.
    package init?(seed: [UInt8]) {
        guard seed.count == 32,
            let key = unsafe EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nil, seed, 32)
        else { return nil }
        defer { unsafe EVP_PKEY_free(key) }
        var (bytes, count) = ([UInt8](repeating: 0, count: 32), 32)
        guard unsafe EVP_PKEY_get_raw_public_key(key, &bytes, &count) == 1 else { return nil }
        (self.seed, publicKey) = (seed, bytes)
    }

    /// The signature of `message`, of 64 bytes; empty if libcrypto has no memory.
    package func sign(_ message: [UInt8]) -> [UInt8] {
        let key = unsafe EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nil, seed, 32)
        defer { unsafe EVP_PKEY_free(key) }
        let state = unsafe EVP_MD_CTX_new()
        defer { unsafe EVP_MD_CTX_free(state) }
        var (signature, count) = ([UInt8](repeating: 0, count: 64), 64)
        guard unsafe EVP_DigestSignInit(state, nil, nil, nil, key) == 1,
            unsafe EVP_DigestSign(state, &signature, &count, message, message.count) == 1
        else { return [] }
        return signature
    }
}
