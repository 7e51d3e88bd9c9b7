import BerthText
import COpenSSL

/// 256 random bits that give access to something: an API key, a login link, a cookie.
///
/// Only its SHA-256 is ever stored.
package struct Secret256: Sendable {
    /// What is handed out once: the prefix and 43 characters of base64url.
    package let text: String

    /// Makes a new secret from the system's random numbers.
    ///
    /// - Parameter prefix: what tells its kind apart, as `berth-`.
    package init(prefix: String = "") {
        text = prefix + Secret256.randomBytes(32).base64url
    }

    /// SHA-256 of the text: what the database keeps.
    package var hash: [UInt8] { Secret256.hash(text) }

    /// SHA-256 of any text: 32 bytes.
    package static func hash(_ text: String) -> [UInt8] {
        let bytes = Array(text.utf8)
        var digest = [UInt8](repeating: 0, count: 32)
        _ = unsafe SHA256(bytes, bytes.count, &digest)
        return digest
    }

    /// SHA-256 of `pieces` in a row, none of which is copied: 32 bytes.
    package static func digest(_ pieces: [ArraySlice<UInt8>]) -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: 32)
        let state = unsafe EVP_MD_CTX_new()
        defer { unsafe EVP_MD_CTX_free(state) }
        var isDone = unsafe EVP_DigestInit_ex(state, EVP_sha256(), nil) == 1
        for piece in pieces {
            let isTaken = unsafe piece.withUnsafeBytes { bytes in
                unsafe EVP_DigestUpdate(state, bytes.baseAddress, bytes.count) == 1
            }
            isDone = isDone && isTaken
        }
        isDone = unsafe EVP_DigestFinal_ex(state, &digest, nil) == 1 && isDone
        precondition(isDone, "SHA-256 failed: libcrypto has no memory")
        return digest
    }

    /// Whether two hashes are the same, in a time that does not tell where they differ.
    package static func isSame(_ first: [UInt8], _ second: [UInt8]) -> Bool {
        guard first.count == second.count else { return false }
        return unsafe CRYPTO_memcmp(first, second, first.count) == 0
    }

    /// A public name for a row: 96 random bits, no secret.
    package static func publicID() -> String {
        randomBytes(12).base64url
    }

    /// From the kernel's generator, eight bytes a call.
    private static func randomBytes(_ count: Int) -> [UInt8] {
        var generator = SystemRandomNumberGenerator()
        var bytes: [UInt8] = []
        while bytes.count < count {
            let word = generator.next()
            for shift in 0..<min(8, count - bytes.count) {
                bytes.append(UInt8(truncatingIfNeeded: word >> (8 * UInt64(shift))))
            }
        }
        return bytes
    }
}
