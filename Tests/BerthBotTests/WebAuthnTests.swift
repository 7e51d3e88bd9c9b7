import BerthBot
import BerthLoop
import BerthTestKit
import BerthText
import Testing

@Suite struct WebAuthnTests {
    private static let origin = "https://chat.example.org"

    private static func parties() throws -> (RelyingParty, SoftAuthenticator) {
        (
            try #require(RelyingParty(origin: origin)),
            try #require(SoftAuthenticator(origin: origin))
        )
    }

    private func register(
        _ device: SoftAuthenticator,
        type: String = "webauthn.create",
        at site: RelyingParty
    ) throws(WebAuthnFault) -> WebAuthn.Registration {
        try WebAuthn.register(
            client: device.client(type, "c"),
            attestation: device.attestation,
            at: site
        ) { $0 == "c" }
    }

    @Test func `a registration and a login are read`() throws {
        let (site, made) = try Self.parties()
        var device = made
        device.count = 0x0102_0304
        let new = try register(device, at: site)
        #expect(new.credential == device.credential && new.key == device.publicKey)
        #expect(new.count == 0x0102_0304)
        let words = device.assertion("c")
        #expect(
            try WebAuthn.check(words, key: new.key, at: site) { $0 == "c" } == 0x0102_0304
        )
    }

    /// Changes of the device, each with the fault that it is.
    fileprivate static let changes: [(@Sendable (inout SoftAuthenticator) -> Void, WebAuthnFault)] =
        [
            ({ $0.origin = "https://evil.example" }, .origin),
            ({ $0.origin = "http://chat.example.org" }, .origin),
            ({ $0.origin = "https://chat.example.org:444" }, .origin),
            ({ $0.isCrossOrigin = true }, .origin), ({ $0.site = "example.org" }, .site),
            ({ $0.flags = 0x01 }, .unverified), ({ $0.flags = 0x04 }, .unverified),
        ]

    @Test(arguments: WebAuthnTests.changes)
    func `another origin, site or an unverified user is refused`(
        change: @Sendable (inout SoftAuthenticator) -> Void,
        fault: WebAuthnFault
    ) throws {
        let (site, made) = try Self.parties()
        var device = made
        change(&device)
        #expect(throws: fault) { try register(device, at: site) }
        let words = device.assertion("c")
        #expect(throws: fault) {
            try WebAuthn.check(words, key: device.publicKey, at: site) { $0 == "c" }
        }
    }

    @Test func `another ceremony, challenge or key is refused`() throws {
        let (site, device) = try Self.parties()
        #expect(throws: WebAuthnFault.otherCeremony) {
            try register(device, type: "webauthn.get", at: site)
        }
        let words = device.assertion("d")
        #expect(throws: WebAuthnFault.challenge) {
            try WebAuthn.check(words, key: device.publicKey, at: site) { $0 == "c" }
        }
        let other = try #require(SoftAuthenticator(origin: Self.origin, seed: 2))
        #expect(throws: WebAuthnFault.signature) {
            try WebAuthn.check(words, key: other.publicKey, at: site) { $0 == "d" }
        }
        #expect(throws: WebAuthnFault.algorithm) {
            try WebAuthn.check(words, key: [0xA0], at: site) { $0 == "d" }
        }
    }

    @Test func `mutated words are refused or read, and a login's never pass`() throws {
        let (site, device) = try Self.parties()
        let (client, attestation) = (device.client("webauthn.create", "c"), device.attestation)
        let words = device.assertion("c")
        var random = SeededGenerator(seed: 45)
        for _ in 0..<5_000 {
            let changed = Self.mutated(attestation, &random)
            _ = try? WebAuthn.register(
                client: Self.mutated(client, &random),
                attestation: changed,
                at: site
            ) { _ in true }
            _ = try? WebAuthn.register(client: client, attestation: changed, at: site) { _ in true }
            let parts = [words.client, words.authenticator, words.signature]
            var other = parts
            let index = Int.random(in: 0..<3, using: &random)
            other[index] = Self.mutated(other[index], &random)
            guard other != parts else { continue }
            let count = try? WebAuthn.check(
                WebAuthn.Assertion(client: other[0], authenticator: other[1], signature: other[2]),
                key: device.publicKey,
                at: site
            ) { _ in true }
            #expect(count == nil)
        }
    }

    private static func mutated(_ bytes: [UInt8], _ random: inout SeededGenerator) -> [UInt8] {
        var bytes = bytes
        let place = Int.random(in: 0..<bytes.count, using: &random)
        switch Int.random(in: 0..<4, using: &random) {
        case 0: bytes[place] = UInt8.random(in: .min ... .max, using: &random)
        case 1: bytes.removeSubrange(place...)
        case 2: bytes.remove(at: place)
        default: bytes.insert(UInt8.random(in: .min ... .max, using: &random), at: place)
        }
        return bytes
    }

    @Test(
        arguments: [
            ("https://chat.example.org", "chat.example.org"),
            ("http://localhost:8080", "localhost"),
            ("https://CHAT.example.org:443", "chat.example.org"), ("http://127.0.0.1:8080", nil),
            ("http://[::1]:8080", nil), ("null", nil), ("", nil), ("file:///x", nil),
        ] as [(String, String?)]
    )
    func `the site is the name of the page's host`(origin: String, id: String?) {
        #expect(RelyingParty(origin: origin)?.id == id)
    }
}
