import BerthBot
import BerthLoop
import BerthStore

/// One API key of a tenant, as `berth tenant keys` and `revoke` print it.
package struct KeyInfo: Codable, Sendable {
    /// The key's first characters, such as `berth-AbCdEf`, which `tenant revoke` takes.
    package let hint: String
    /// The time at which it was made, in UTC milliseconds since 1970.
    package let createdMs: Int64

    private enum CodingKeys: String, CodingKey {
        case hint
        case createdMs = "created_ms"
    }

    init(_ key: APIKey) {
        hint = TenantDirectory.keyPrefix + key.hint
        createdMs = key.created.milliseconds
    }
}
