import BerthStore
import BerthText

/// The place of a file's content below the folder `files`: its tenant and the hash of its content.
///
/// Nothing that a user chose is part of it.
struct FileName: Hashable, Comparable, Sendable {
    let tenant: Tenant.ID
    /// SHA-256 of the content, 32 bytes.
    let hash: [UInt8]

    init(tenant: Tenant.ID, hash: [UInt8]) {
        self.tenant = tenant
        self.hash = hash
    }

    init(of file: StoredFile) { self.init(tenant: file.tenant, hash: file.hash) }

    /// The name that a file in the folder of `tenant` stands for, or nil if Berth did not make it.
    init?(tenant: Tenant.ID, text: String) {
        let digits = text.utf8.map(FileName.digit)
        guard digits.count == 64, digits.allSatisfy({ $0 < 16 }) else { return nil }
        self.init(
            tenant: tenant,
            hash: stride(from: 0, to: 64, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
        )
    }

    /// The tenant whose folder has this name, or nil if Berth did not make it.
    static func tenant(ofFolder name: String) -> Tenant.ID? {
        guard let value = Int64(name), "\(value)" == name, value > 0 else { return nil }
        return Tenant.ID(value)
    }

    /// The name of the tenant's folder.
    static func folder(of tenant: Tenant.ID) -> String { "\(tenant.value)" }

    /// The path below the folder `files`.
    var path: String { "\(FileName.folder(of: tenant))/\(hash.hex)" }

    /// Orders names by their tenants, then by their hashes.
    static func < (left: FileName, right: FileName) -> Bool {
        left.tenant == right.tenant
            ? left.hash.lexicographicallyPrecedes(right.hash) : left.tenant < right.tenant
    }

    /// The value of a lower-case hexadecimal digit, or 16.
    private static func digit(_ byte: UInt8) -> UInt8 {
        switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x61...0x66: byte - 0x61 + 10
        default: 16
        }
    }
}
