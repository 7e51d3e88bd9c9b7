package import BerthLoop

/// A tenant's key for the API.
///
/// The store knows only its hash.
package struct APIKey: Equatable, Sendable {
    /// The key of a row of this kind.
    package typealias ID = RowID<APIKey>

    /// Its key.
    package let id: ID
    /// The tenant that it stands for.
    package let tenant: Tenant.ID
    /// SHA-256 of the key, 32 bytes.
    package let hash: [UInt8]
    /// The key's first characters after `berth-`, by which people tell keys apart.
    package let hint: String
    /// When it was made.
    package let created: Timestamp
}

/// A new key's hash and hint.
package struct APIKeyDraft: Sendable {
    /// SHA-256 of the key, 32 bytes.
    package var hash: [UInt8]
    /// The key's first characters after `berth-`.
    package var hint: String

    /// Makes a draft.
    package init(hash: [UInt8], hint: String) {
        self.hash = hash
        self.hint = hint
    }
}

extension APIKey {
    init(_ row: borrowing Row) {
        id = row.id(0)
        tenant = row.id(1)
        hash = row.bytes(2)
        hint = row.text(3)
        created = row.timestamp(4)
    }
}
