package import BerthBot
import BerthLoop
import BerthMemory
import BerthStore
import BerthWork

/// A tenant as `berth tenant list` and `show` print it.
package struct TenantInfo: Codable, Sendable {
    /// The tenant's name.
    package let tenant: String
    /// The person's name in any script, or nil if none was given.
    package let display: String?
    /// The number that stands for it in metrics and in the names of API calls.
    package let number: Int64
    /// `active`, `suspended`, or `invited` if nobody has used its link or invitation yet.
    package let state: String
    /// The time at which it was added, in UTC milliseconds since 1970.
    package let createdMs: Int64
    /// Bytes that the tenant's work holds now.
    package let held: Int
    /// The most bytes that it has held since the start.
    package let peak: Int
    /// The quotas in force, as texts that `quota set` takes.
    package let quotas: [String: String]
    /// The used part of each quota, in the same form; nil in lists.
    package var used: [String: String]?
    /// The API keys in force, oldest first; nil in lists.
    package var keys: [KeyInfo]?
    /// The web logins in force, oldest first; nil in lists.
    package var logins: [LoginInfo]?
    /// The passkeys, oldest first; nil in lists.
    package var passkeys: [PasskeyInfo]?
    /// The people of channels that it is; nil in lists.
    package var identities: [IdentityInfo]?

    private enum CodingKeys: String, CodingKey {
        case tenant
        case display
        case number
        case state
        case createdMs = "created_ms"
        case held
        case peak
        case quotas
        case used
        case keys
        case logins, passkeys, identities
    }

    @Loop init(_ tenant: LiveTenant, isInvited: Bool = false) {
        self.tenant = tenant.name
        display = tenant.row.display
        number = tenant.row.id.value
        state = isInvited ? "invited" : tenant.row.state.rawValue
        createdMs = tenant.row.created.milliseconds
        held = tenant.account.held.bytes
        peak = tenant.account.peak.bytes
        quotas = tenant.quotas.texts
    }
}
