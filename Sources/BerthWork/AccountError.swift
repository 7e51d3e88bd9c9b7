/// A refusal of a change to a person's logins and passkeys, worded for that person.
package enum AccountError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The name of a passkey is empty, over `most` bytes, or has other characters than a line's.
    case badPasskeyName(most: Int)
    /// The person has as many passkeys as a person may have.
    case tooManyPasskeys(limit: Int)
    /// The passkey is saved, for this person or for another one.
    case passkeyExists
    /// The person has no such passkey.
    case noPasskey
    /// The browser's answer has another form than WebAuthn's.
    case passkeyMalformed
    /// The challenge of the passkey is unknown, used or older than two minutes.
    case passkeyTooLate
    /// The passkey was made for another site.
    case passkeyOfAnotherSite
    /// The device has not verified the person.
    case passkeyUnverified
    /// The passkey's key is of a kind that Berth does not verify.
    case passkeyOfUnknownKind
    /// The signature of the passkey is not its key's.
    case passkeySignature
    /// The person has no such login.
    case noLogin
    /// The login is the one of the request, whose own answer would be cut off.
    case ownLogin

    package var description: String {
        switch self {
        case .badPasskeyName(let most): "a passkey's name is one line of at most \(most) bytes"
        case .tooManyPasskeys(let limit):
            "you have \(limit) passkeys, which is the limit: delete one first"
        case .passkeyExists: "this passkey is saved already"
        case .noPasskey: "there is no such passkey: it may be deleted"
        case .passkeyMalformed:
            "this passkey was not saved: the browser's answer has an unexpected form"
        case .passkeyTooLate:
            "this passkey was not saved: it took longer than two minutes, so try again"
        case .passkeyOfAnotherSite: "this passkey was not saved: it was made for another site"
        case .passkeyUnverified:
            "this passkey was not saved: the device has not verified you by its PIN, finger or face"
        case .passkeyOfUnknownKind:
            "this passkey was not saved: its key is of a kind that Berth does not know"
        case .passkeySignature: "this passkey was not saved: its signature is wrong"
        case .noLogin: "there is no such login: it may have ended already"
        case .ownLogin: "this is the login of this browser: log out to end it"
        }
    }
}
