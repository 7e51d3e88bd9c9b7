package import BerthLoop

/// A login on the web that is in force.
///
/// The store knows only the hash of its cookie.
package struct Login: Equatable, Sendable {
    /// SHA-256 of the cookie, 32 bytes.
    package let hash: [UInt8]
    /// The person that it stands for.
    package let owner: LoginOwner
    /// The time at which it was made.
    package let created: Timestamp
    /// The login is refused from then on.
    package let expires: Timestamp
    /// The browser and the system, such as `Firefox on Android`, or "" if they are not known.
    package let device: String

    /// Makes a login.
    package init(
        hash: [UInt8],
        owner: LoginOwner,
        created: Timestamp,
        expires: Timestamp,
        device: String = ""
    ) {
        self.hash = hash
        self.owner = owner
        self.created = created
        self.expires = expires
        self.device = device
    }
}
