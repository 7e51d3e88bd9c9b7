import BerthText
import Testing

@Suite struct Ed25519Tests {
    /// The second test of RFC 8032, section 7.1.
    private static let seed = "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb"
    private static let key = "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"
    private static let signature =
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
        + "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"

    private func bytes(_ hex: String) throws -> [UInt8] { try #require([UInt8](hex: hex)) }

    @Test func `the signature of the standard is made and verified`() throws {
        let key = try #require(Ed25519Key(seed: bytes(Ed25519Tests.seed)))
        #expect(key.publicKey.hex == Ed25519Tests.key)
        #expect(key.sign([0x72]).hex == Ed25519Tests.signature)
        let signature = try bytes(Ed25519Tests.signature)
        #expect(Ed25519.verifies(signature, of: [0x72], key: key.publicKey))
    }

    @Test func `any other message, signature or key is refused`() throws {
        let (key, signature) = (try bytes(Ed25519Tests.key), try bytes(Ed25519Tests.signature))
        var (other, wrong) = (signature, key)
        other[0] ^= 1
        wrong[31] ^= 1
        #expect(!Ed25519.verifies(signature, of: [0x73], key: key))
        #expect(!Ed25519.verifies(signature, of: [], key: key))
        #expect(!Ed25519.verifies(other, of: [0x72], key: key))
        #expect(!Ed25519.verifies(signature, of: [0x72], key: wrong))
        #expect(!Ed25519.verifies([], of: [0x72], key: key))
        #expect(!Ed25519.verifies(signature, of: [0x72], key: []))
        #expect(Ed25519Key(seed: [1, 2]) == nil)
    }

    @Test(arguments: ["", "00", "fF09"]) func `hexadecimal is read`(text: String) {
        #expect([UInt8](hex: text)?.hex == text.lowercased())
    }

    @Test(arguments: ["0", "0g", " 00", "é0", "+1"]) func `other text is none`(text: String) {
        #expect([UInt8](hex: text) == nil)
    }
}
