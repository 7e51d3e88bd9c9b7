/// Why the words of an authenticator were refused.
package enum WebAuthnFault: Error, Equatable {
    /// They do not have the form of WebAuthn, or are too long.
    case malformed
    /// They are for another ceremony: a registration for a login, or the other way round.
    case otherCeremony
    /// The challenge is unknown, used or expired.
    case challenge
    /// They come from a page of another origin, or from inside of one.
    case origin
    /// The authenticator signed for another site.
    case site
    /// The authenticator has not verified its user (PIN, finger, face).
    case unverified
    /// The key is of a kind that Berth does not verify.
    case algorithm
    /// The signature is wrong.
    case signature
}
