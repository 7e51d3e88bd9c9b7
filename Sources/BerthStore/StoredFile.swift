package import BerthLoop

/// A tenant's file.
///
/// Its content is in the data folder, under its hash.
package struct StoredFile: Equatable, Sendable {
    /// Random.
    ///
    /// Clients know the file by it.
    package let id: String
    /// The tenant whose disk quota it counts to.
    package let tenant: Tenant.ID
    /// SHA-256 of the content, 32 bytes.
    package let hash: [UInt8]
    /// The content's length in bytes.
    package let bytes: Int
    /// The content's media type, such as `image/png`.
    package let kind: String
    /// The number of times that turns refer to it.
    package let uses: Int
    /// Whether a turn has referred to it and none does any more.
    package let isReleased: Bool
    /// When it was made.
    package let created: Timestamp
    /// When it was last added or read.
    package let lastUsed: Timestamp
}

/// A file that is to be recorded.
package struct FileDraft: Sendable {
    /// Random.
    ///
    /// Clients know the file by it.
    package var id: String
    /// The tenant whose disk quota it counts to.
    package var tenant: Tenant.ID
    /// SHA-256 of the content, 32 bytes.
    package var hash: [UInt8]
    /// The content's length in bytes.
    package var bytes: Int
    /// The content's media type, such as `image/png`.
    package var kind: String

    /// Makes a draft.
    package init(id: String, tenant: Tenant.ID, hash: [UInt8], bytes: Int, kind: String) {
        self.id = id
        self.tenant = tenant
        self.hash = hash
        self.bytes = bytes
        self.kind = kind
    }
}

/// The identity of a content: its tenant and its hash.
package struct FileKey: Hashable, Sendable {
    /// The tenant.
    package let tenant: Tenant.ID
    /// SHA-256 of the content, 32 bytes.
    package let hash: [UInt8]

    /// Names a content.
    package init(tenant: Tenant.ID, hash: [UInt8]) {
        self.tenant = tenant
        self.hash = hash
    }
}

/// The number and length of a tenant's files.
package struct FileTotal: Equatable, Sendable {
    /// Files.
    package let files: Int
    /// Bytes.
    package let bytes: Int
    /// The date of the oldest file, or nil if there is none or it is not known.
    package let oldest: Timestamp?

    /// Counts files.
    package init(files: Int, bytes: Int, oldest: Timestamp? = nil) {
        self.files = files
        self.bytes = bytes
        self.oldest = oldest
    }
}

extension StoredFile {
    /// Reads the columns that the verbs select for a file.
    init(_ row: borrowing Row) {
        id = row.text(0)
        tenant = row.id(1)
        hash = row.bytes(2)
        bytes = row.int(3)
        kind = row.text(4)
        uses = row.int(5)
        isReleased = row.bool(6)
        created = row.timestamp(7)
        lastUsed = row.timestamp(8)
    }
}
