import BerthLoop
import BerthStore

/// A passkey as its person sees it.
package struct PasskeyInfo: Codable, Sendable {
    /// Its number.
    package let id: Int64
    /// The name that the person gave it.
    package let name: String
    /// The time at which it was made, in UTC milliseconds since 1970.
    package let createdMs: Int64
    /// The time of the last login with it, or nil before the first.
    package let usedMs: Int64?

    private enum CodingKeys: String, CodingKey {
        case id, name
        case createdMs = "created_ms"
        case usedMs = "used_ms"
    }

    init(_ passkey: Passkey) {
        id = passkey.id.value
        name = passkey.name
        createdMs = passkey.created.milliseconds
        usedMs = passkey.used?.milliseconds
    }
}
