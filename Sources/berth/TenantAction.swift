import BerthConfig
import BerthMemory
import BerthTelemetry

/// Arguments of `berth tenant`.
///
/// Names are as typed, and the service checks them.
enum TenantAction: Equatable {
    /// With the person's name, or nil.
    case add(String, display: String?)
    case list
    case show(String)
    /// Invites a tenant of that name. nil if the user of the link chooses one.
    case invite(String?)
    case link(String)
    case key(String)
    case keys(String)
    /// Revokes one key, named by its hint or as a whole; all keys if it is nil.
    case revoke(String, key: String?)
    case logins(String)
    /// Ends one web login, named by its hint, or all if it is nil.
    case logout(String, login: String?)
    /// Sets the person's name, or forgets it if it is nil.
    case rename(String, display: String?)
    case suspend(String)
    case resume(String)
    case requests
    /// Lets a person in who asks, named by the number of the request.
    case approve(String)
    case decline(String)
    /// Without a question if `isSure`.
    case remove(String, isSure: Bool)
}
