import BerthText

/// The registration and the login with a passkey, as values (WebAuthn, level 2).
///
/// Source: <https://www.w3.org/TR/webauthn-2/>, sections 7.1 and 7.2. The authenticator's user is
/// verified. An attestation is not asked for and not read.
package enum WebAuthn {
    /// The most bytes of each part of an authenticator's words.
    package static let most = 8 << 10
    /// The longest name of a credential.
    private static let longestCredential = 1023

    /// A new credential.
    package struct Registration: Equatable, Sendable {
        /// The credential's name at the authenticator.
        package let credential: [UInt8]
        /// The public key in COSE's form.
        package let key: [UInt8]
        /// The authenticator's count of signatures.
        package let count: Int64
    }

    /// An authenticator's words for a login.
    package struct Assertion: Sendable {
        /// The JSON of the browser.
        package let client: [UInt8]
        /// The authenticator's data.
        package let authenticator: [UInt8]
        /// The signature of both.
        package let signature: [UInt8]

        /// Takes the parts.
        package init(client: [UInt8], authenticator: [UInt8], signature: [UInt8]) {
            (self.client, self.authenticator) = (client, authenticator)
            self.signature = signature
        }
    }

    /// Reads a registration.
    ///
    /// - Parameters:
    ///   - client: the JSON of the browser.
    ///   - attestation: the authenticator's object.
    ///   - site: the site of the page.
    ///   - isChallenge: whether a challenge in base64url is one that was given.
    /// - Returns: the new credential.
    /// - Throws: ``WebAuthnFault``.
    package static func register(
        client: [UInt8],
        attestation: [UInt8],
        at site: RelyingParty,
        isChallenge: (String) -> Bool
    ) throws(WebAuthnFault) -> Registration {
        try check(client, "webauthn.create", site, isChallenge)
        guard attestation.count <= most, let object = CBOR(attestation),
            let bytes = object[.text("authData")]?.byteString
        else { throw .malformed }
        let data = try AuthenticatorData(bytes, for: site)
        guard let made = data.credential else { throw .malformed }
        guard (1...longestCredential).contains(made.id.count) else { throw .malformed }
        guard SigningKey(cose: made.key.value) != nil else { throw .algorithm }
        return Registration(credential: made.id, key: made.key.bytes, count: data.count)
    }

    /// Checks a login.
    ///
    /// - Parameters:
    ///   - assertion: the authenticator's words.
    ///   - key: the stored key in COSE's form.
    ///   - site: the site of the page.
    ///   - isChallenge: whether a challenge in base64url is one that was given.
    /// - Returns: the authenticator's count of signatures, which the store compares.
    /// - Throws: ``WebAuthnFault``.
    package static func check(
        _ assertion: Assertion,
        key: [UInt8],
        at site: RelyingParty,
        isChallenge: (String) -> Bool
    ) throws(WebAuthnFault) -> Int64 {
        try check(assertion.client, "webauthn.get", site, isChallenge)
        let data = try AuthenticatorData(assertion.authenticator, for: site)
        guard let value = CBOR(key), let key = SigningKey(cose: value) else { throw .algorithm }
        let message = assertion.authenticator + Secret256.digest([assertion.client[...]])
        guard assertion.signature.count <= most, key.verifies(assertion.signature, of: message)
        else {
            throw .signature
        }
        return data.count
    }

    private struct Client: Decodable {
        let type: String
        let challenge: String
        let origin: String
        let crossOrigin: Bool?
    }

    private static func check(
        _ client: [UInt8],
        _ ceremony: String,
        _ site: RelyingParty,
        _ isChallenge: (String) -> Bool
    ) throws(WebAuthnFault) {
        guard client.count <= most, let words = try? JSON.decode(Client.self, from: client) else {
            throw .malformed
        }
        guard words.type.hasBytes(of: ceremony) else { throw .otherCeremony }
        guard words.origin.hasBytes(of: site.origin), words.crossOrigin != true else {
            throw .origin
        }
        guard isChallenge(words.challenge) else { throw .challenge }
    }
}

/// The authenticator's data (section 6.1): 37 bytes, then a new credential, then extensions.
private struct AuthenticatorData {
    let count: Int64
    /// The credential and its key, of a registration.
    private(set) var credential: (id: [UInt8], key: (value: CBOR, bytes: [UInt8]))?

    private static let isPresent: UInt8 = 0x01
    private static let isVerified: UInt8 = 0x04
    private static let hasCredential: UInt8 = 0x40

    init(_ bytes: [UInt8], for site: RelyingParty) throws(WebAuthnFault) {
        guard bytes.count >= 37, bytes.count <= WebAuthn.most else { throw .malformed }
        guard Secret256.isSame(Array(bytes[..<32]), Secret256.hash(site.id)) else { throw .site }
        let wanted = AuthenticatorData.isPresent | AuthenticatorData.isVerified
        guard bytes[32] & wanted == wanted else { throw .unverified }
        count = bytes[33..<37].reduce(0) { $0 << 8 | Int64($1) }
        guard bytes[32] & AuthenticatorData.hasCredential != 0 else { return }
        // The id of the authenticator's model has 16 bytes, then comes the length in two.
        guard bytes.count >= 55 else { throw .malformed }
        let end = 55 + (Int(bytes[53]) << 8 | Int(bytes[54]))
        guard end < bytes.count, let (key, length) = CBOR.first(of: bytes[end...]) else {
            throw .malformed
        }
        credential = (Array(bytes[55..<end]), (key, Array(bytes[end..<end + length])))
    }
}
