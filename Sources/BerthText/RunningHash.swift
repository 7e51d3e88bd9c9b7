import COpenSSL

/// SHA-256 of bytes that arrive in pieces.
@safe package final class RunningHash {
    private let state: OpaquePointer

    /// Begins with no bytes.
    package init() {
        guard let state = unsafe EVP_MD_CTX_new() else {
            preconditionFailure("SHA-256 failed: libcrypto has no memory")
        }
        unsafe self.state = state
        let isReady = unsafe EVP_DigestInit_ex(state, EVP_sha256(), nil) == 1
        precondition(isReady, "SHA-256 failed: libcrypto has no memory")
    }

    deinit { unsafe EVP_MD_CTX_free(state) }

    /// Adds the next bytes.
    package func update(_ bytes: [UInt8]) {
        let isTaken = unsafe EVP_DigestUpdate(state, bytes, bytes.count) == 1
        precondition(isTaken, "SHA-256 failed: it was finished before")
    }

    /// Ends the hash and returns its 32 bytes.
    ///
    /// It is called once.
    package func finish() -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: 32)
        let isDone = unsafe EVP_DigestFinal_ex(state, &digest, nil) == 1
        precondition(isDone, "SHA-256 failed: it was finished before")
        return digest
    }
}
