import COpenSSL

/// Signatures of Ed25519 (RFC 8032).
package enum Ed25519 {
    /// Whether `signature`, of 64 bytes, is that of `message` by the owner of `key`, a public key of
    /// 32 bytes.
    package static func verifies(_ signature: [UInt8], of message: [UInt8], key: [UInt8]) -> Bool {
        guard signature.count == 64, key.count == 32,
            let owner = unsafe EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nil, key, key.count)
        else { return false }
        defer { unsafe EVP_PKEY_free(owner) }
        guard let state = unsafe EVP_MD_CTX_new() else { return false }
        defer { unsafe EVP_MD_CTX_free(state) }
        guard unsafe EVP_DigestVerifyInit(state, nil, nil, nil, owner) == 1 else { return false }
        let result = unsafe EVP_DigestVerify(
            state,
            signature,
            signature.count,
            message,
            message.count
        )
        return result == 1
    }
}
