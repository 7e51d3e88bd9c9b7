import BerthLoop
package import BerthStore

/// One web login of a tenant, as the person and `berth tenant logins` see it.
package struct LoginInfo: Codable, Sendable {
    /// The login's name, such as `1f9a03bc`, which `tenant logout` takes.
    package let login: String
    /// The browser and the system, such as `Firefox on Android`, or "" if they are not known.
    package let device: String
    /// Whether it is the login that asks for the list.
    package let isCurrent: Bool
    /// The time at which it was made, in UTC milliseconds since 1970.
    package let createdMs: Int64
    /// The time from which it is refused, in UTC milliseconds since 1970.
    package let expiresMs: Int64

    private enum CodingKeys: String, CodingKey {
        case login, device
        case isCurrent = "current"
        case createdMs = "created_ms"
        case expiresMs = "expires_ms"
    }

    /// Describes a login.
    package init(_ login: Login, isCurrent: Bool = false) {
        self.login = WebAccess.hint(of: login)
        device = login.device
        self.isCurrent = isCurrent
        createdMs = login.created.milliseconds
        expiresMs = login.expires.milliseconds
    }
}
