package import BerthLoop
import COpenSSL
import Synchronization

/// 256 random bits that give access to something: an API key, a login link, a cookie.
///
/// Only its SHA-256 is ever stored.
package struct Secret256: Sendable {
    /// The text that is handed out once: the prefix and 43 characters of base64url.
    package let text: String

    /// Makes a new secret.
    ///
    /// - Parameters:
    ///   - prefix: tells its kind apart, as `berth-`.
    ///   - entropy: the source of its bits.
    @Loop package init(prefix: String = "", from entropy: Entropy) {
        text = prefix + entropy.secret(32).base64url
    }

    /// SHA-256 of the text: what the database keeps.
    package var hash: [UInt8] { Secret256.hash(text) }

    /// SHA-256 of any text: 32 bytes.
    package static func hash(_ text: String) -> [UInt8] {
        digest([Array(text.utf8)[...]])
    }

    /// SHA-256 of `pieces` in a row, none of which is copied: 32 bytes.
    package static func digest(_ pieces: [ArraySlice<UInt8>]) -> [UInt8] {
        // The lock is never held for long, because the loop must not wait for another thread.
        guard !LargeWork.isLarge(pieces.reduce(0) { $0 + $1.count }) else {
            return digest(pieces, RunningHash())
        }
        return kept.withLock { digest(pieces, $0) }
    }

    // Making a state of libcrypto takes longer than hashing a key. Any thread may hash.
    private static let kept = Mutex(RunningHash())

    private static func digest(_ pieces: [ArraySlice<UInt8>], _ hash: RunningHash) -> [UInt8] {
        hash.begin()
        for piece in pieces { hash.update(piece) }
        return hash.finish()
    }

    /// Whether two hashes are the same, in a time that does not tell where they differ.
    package static func isSame(_ first: [UInt8], _ second: [UInt8]) -> Bool {
        guard first.count == second.count else { return false }
        return unsafe CRYPTO_memcmp(first, second, first.count) == 0
    }

    /// A public name for a row: 95 random bits, no secret.
    @Loop package static func publicID(from entropy: Entropy) -> String {
        var bytes = entropy.bytes(12)
        // A letter comes first, because a command line takes a leading '-' for an option.
        bytes[0] &= 0x7F
        return bytes.base64url
    }
}
