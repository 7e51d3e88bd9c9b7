import BerthLoop

@testable import BerthFiles
@testable import BerthStore

extension StoredFile {
    /// A file without a row.
    static func sample(id: String, tenant: Tenant.ID, bytes: Int, kind: String = "a/b")
        -> StoredFile
    {
        StoredFile(
            id: id,
            tenant: tenant,
            hash: [UInt8](repeating: 1, count: 32),
            bytes: bytes,
            kind: kind,
            uses: 1,
            isReleased: false,
            created: Timestamp(milliseconds: 0),
            lastUsed: Timestamp(milliseconds: 0)
        )
    }
}
