import BerthBot
import BerthLoop
import BerthStore

/// One web login of a tenant, as `berth tenant logins` prints it.
package struct LoginInfo: Codable, Sendable {
    /// The login's name, such as `1f9a03bc`, which `tenant logout` takes.
    package let login: String
    /// The time at which it was made, in UTC milliseconds since 1970.
    package let createdMs: Int64
    /// The time from which it is refused, in UTC milliseconds since 1970.
    package let expiresMs: Int64

    private enum CodingKeys: String, CodingKey {
        case login
        case createdMs = "created_ms"
        case expiresMs = "expires_ms"
    }

    init(_ login: Login) {
        self.login = WebAccess.hint(of: login)
        createdMs = login.created.milliseconds
        expiresMs = login.expires.milliseconds
    }
}

/// The web logins of a tenant that are in force.
package struct LoginList: Codable, Sendable {
    /// The tenant's name.
    package let tenant: String
    /// The logins, oldest first.
    package let logins: [LoginInfo]
}
