import COpenSSL

/// SHA-256 of bytes that arrive in pieces.
@safe package final class RunningHash {
    private let state: OpaquePointer

    // It is fetched once, because libcrypto would look its name up for every hash. Unsafe only as a
    // C pointer: libcrypto never changes it, and any thread may use it.
    private nonisolated(unsafe) static let sha256 = unsafe EVP_MD_fetch(nil, "SHA256", nil)

    /// Begins with no bytes.
    package init() {
        guard let state = unsafe EVP_MD_CTX_new() else {
            preconditionFailure("SHA-256 failed: libcrypto has no memory")
        }
        unsafe self.state = state
        begin()
    }

    /// Begins again with no bytes.
    func begin() {
        // The state keeps its memory for the same kind of hash.
        let isReady = unsafe EVP_DigestInit_ex(state, RunningHash.sha256, nil) == 1
        precondition(isReady, "SHA-256 failed: libcrypto has no memory")
    }

    deinit { unsafe EVP_MD_CTX_free(state) }

    /// Adds the next bytes.
    package func update(_ bytes: ArraySlice<UInt8>) {
        let isTaken = unsafe bytes.withUnsafeBytes { bytes in
            unsafe EVP_DigestUpdate(state, bytes.baseAddress, bytes.count) == 1
        }
        precondition(isTaken, "SHA-256 failed: it was finished before")
    }

    /// Ends the hash and returns its 32 bytes.
    ///
    /// Between two calls, the hash begins again.
    package func finish() -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: 32)
        let isDone = unsafe EVP_DigestFinal_ex(state, &digest, nil) == 1
        precondition(isDone, "SHA-256 failed: it was finished before")
        return digest
    }
}
