package import BerthLoop

/// A credential of WebAuthn by which a person logs in.
package struct Passkey: Equatable, Sendable {
    /// The key of a row of this kind.
    package typealias ID = RowID<Passkey>

    /// Its key.
    package let id: ID
    /// The person that it stands for.
    package let tenant: Tenant.ID
    /// Its name at the authenticator, of 1 to 1,023 bytes.
    package let credential: [UInt8]
    /// The public key in COSE's form.
    package let key: [UInt8]
    /// The authenticator's count of signatures, or 0 if it does not count.
    package let count: Int64
    /// The name that the person gave it.
    package let name: String
    /// When it was made.
    package let created: Timestamp
    /// The last login with it, or nil before the first.
    package let used: Timestamp?
}

/// A new passkey.
package struct PasskeyDraft: Sendable {
    /// Its name at the authenticator.
    package var credential: [UInt8]
    /// The public key in COSE's form.
    package var key: [UInt8]
    /// The authenticator's count of signatures.
    package var count: Int64
    /// The name that the person gave it.
    package var name: String

    /// Makes a draft.
    package init(credential: [UInt8], key: [UInt8], count: Int64, name: String) {
        (self.credential, self.key, self.count, self.name) = (credential, key, count, name)
    }
}

extension Passkey {
    init(_ row: borrowing Row) {
        id = row.id(0)
        tenant = row.id(1)
        credential = row.bytes(2)
        key = row.bytes(3)
        count = row.int64(4)
        name = row.text(5)
        created = row.timestamp(6)
        used = row.timestampOrNil(7)
    }
}
