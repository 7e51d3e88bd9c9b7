package import BerthMemory
package import BerthStore

/// The number and size of each tenant's files, with those that are being written.
///
/// It is in memory, so a check and its reservation are one step. A start reads it from the database.
package struct FileAccounts: Sendable {
    /// A tenant's files.
    package struct Use: Equatable, Sendable {
        /// Files that are stored.
        package var files = 0
        /// Their bytes.
        package var bytes = ByteCount.zero
        /// Files that are being written.
        package var reservedFiles = 0
        /// The bytes that are reserved for them.
        package var reserved = ByteCount.zero

        var isEmpty: Bool { self == Use() }
    }

    private var uses: [Tenant.ID: Use] = [:]
    /// The bytes of all stored files.
    package private(set) var bytes = ByteCount.zero
    /// The number of all stored files.
    package private(set) var files = 0
    /// The bytes that are reserved for files that are being written.
    package private(set) var reserved = ByteCount.zero

    /// Begins with the totals of the database.
    package init(_ totals: [Tenant.ID: FileTotal] = [:]) {
        for (tenant, total) in totals {
            change(tenant) { ($0.files, $0.bytes) = (total.files, ByteCount(total.bytes)) }
        }
    }

    /// A tenant's files.
    package func use(of tenant: Tenant.ID) -> Use { uses[tenant] ?? Use() }

    /// Reserves a file and its bytes.
    ///
    /// - Throws: ``FilesError/overDisk(used:asked:limit:)`` and ``FilesError/overCount(limit:)``.
    mutating func reserve(_ bytes: ByteCount, of owner: FileOwner) throws(FilesError) {
        let use = use(of: owner.tenant)
        guard use.files + use.reservedFiles < owner.files else {
            throw .overCount(limit: owner.files)
        }
        try extend(by: bytes, of: owner)
        change(owner.tenant) { $0.reservedFiles += 1 }
    }

    /// Checks that a tenant may store `count` more files of `bytes` together.
    ///
    /// - Throws: ``FilesError/overDisk(used:asked:limit:)`` and ``FilesError/overCount(limit:)``.
    func check(_ count: Int, of bytes: ByteCount, for owner: FileOwner) throws(FilesError) {
        let use = use(of: owner.tenant)
        guard use.files + use.reservedFiles + count <= owner.files else {
            throw .overCount(limit: owner.files)
        }
        let used = use.bytes + use.reserved
        guard used + bytes <= owner.disk else {
            throw .overDisk(used: used, asked: bytes, limit: owner.disk)
        }
    }

    /// Reserves more bytes for a file that is being written.
    mutating func extend(by more: ByteCount, of owner: FileOwner) throws(FilesError) {
        let use = use(of: owner.tenant)
        let used = use.bytes + use.reserved
        guard used + more <= owner.disk else {
            throw .overDisk(used: used, asked: more, limit: owner.disk)
        }
        change(owner.tenant) { $0.reserved += more }
    }

    /// Gives the reservation of one file back.
    mutating func release(_ bytes: ByteCount, of tenant: Tenant.ID) {
        change(tenant) {
            $0.reservedFiles = max(0, $0.reservedFiles - 1)
            $0.reserved = max(.zero, $0.reserved - bytes)
        }
    }

    /// Counts a file that was stored.
    mutating func add(_ file: StoredFile) {
        change(file.tenant) {
            $0.files += 1
            $0.bytes += ByteCount(file.bytes)
        }
    }

    /// Counts a file no longer.
    mutating func remove(_ file: StoredFile) {
        change(file.tenant) {
            $0.files = max(0, $0.files - 1)
            $0.bytes = max(.zero, $0.bytes - ByteCount(file.bytes))
        }
    }

    /// Forgets the stored files of a tenant, not those that are being written.
    mutating func clear(_ tenant: Tenant.ID) {
        change(tenant) { ($0.files, $0.bytes) = (0, .zero) }
    }

    private mutating func change(_ tenant: Tenant.ID, _ change: (inout Use) -> Void) {
        let old = use(of: tenant)
        var new = old
        change(&new)
        files += new.files - old.files
        bytes = bytes - old.bytes + new.bytes
        reserved = reserved - old.reserved + new.reserved
        uses[tenant] = new.isEmpty ? nil : new
    }
}
