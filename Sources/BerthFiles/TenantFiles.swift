package import BerthLoop
package import BerthMemory
package import BerthStore
package import BerthTelemetry
import BerthText

/// The files of all tenants: their contents on the disk, their rows in the database, their quotas.
///
/// A content is named by its hash below its tenant's folder, so the same bytes are stored once for
/// each tenant. A content is on the disk before its row is written, and is deleted before it. A kill
/// between the two leaves a half, which the governor removes.
@Loop package final class TenantFiles {
    /// The number and size of each tenant's files.
    package internal(set) var accounts = FileAccounts()
    /// Reads the figures of a data folder, whose tenants' files have that many bytes.
    package typealias Measure = @Loop @Sendable (String, ByteCount) -> DiskFigures?

    let store: any Store
    let disk: FileDisk?
    let surroundings: Surroundings
    let locks = TenantLocks()
    private let url: String
    private let ballast: ByteCount
    private let measure: Measure
    private var keptLinks: FileLinks?

    /// A file that is read again within this time is not recorded as used again.
    static nonisolated let touchInterval = Duration.seconds(3600)

    /// Makes the files of a service, which ``start()`` opens.
    ///
    /// - Parameters:
    ///   - store: has the rows.
    ///   - folder: the data folder, or nil if the service has no disk. Every file is then refused.
    ///   - url: the service's public URL without a slash at its end.
    ///   - ballast: the largest size of the ballast, whose room no file takes.
    ///   - surroundings: the clock, the ids of files, the log.
    ///   - measure: reads the figures of the disk.
    package init(
        _ store: any Store,
        folder: String?,
        url: String,
        ballast: ByteCount,
        in surroundings: Surroundings,
        measure: @escaping Measure = { DiskFigures.read($0, files: $1) }
    ) {
        self.store = store
        disk = folder.map { FileDisk(data: $0) }
        self.url = url
        self.ballast = ballast
        self.surroundings = surroundings
        self.measure = measure
    }

    /// Makes the folders, deletes what an earlier run left half written, and reads the totals.
    ///
    /// - Throws: ``FilesError/store(_:)``. A folder that cannot be written is logged, and the
    ///   service runs without storing files.
    package func start() async throws(FilesError) {
        do throws(StoreError) {
            accounts = FileAccounts(try await store.fileTotals())
            keptLinks = FileLinks(url: url, key: try await linkKey())
        } catch { throw .store(error) }
        do throws(FilesError) {
            guard let strays = try await disk?.prepare(), strays > 0 else { return }
            surroundings.log.info(
                "temporary files of the last run deleted",
                ["files": .int(strays)]
            )
        } catch {
            surroundings.log.error(
                "the folder of the tenants' files cannot be written",
                ["why": .text(error.forOperator)]
            )
        }
    }

    /// The key of the links, which the first start makes.
    private func linkKey() async throws(StoreError) -> [UInt8] {
        if let key = try await store.kept(.linkKey), key.count == FileLinks.keySize { return key }
        let key = surroundings.entropy.secret(FileLinks.keySize)
        try await store.keep(key, as: .linkKey)
        return key
    }

    /// The links to files.
    ///
    /// Before ``start()`` none can be made or checked.
    package var links: FileLinks {
        keptLinks ?? FileLinks(url: url, key: surroundings.entropy.secret(FileLinks.keySize))
    }

    // MARK: Writing

    /// Begins a file, for which it reserves the quota.
    ///
    /// - Parameters:
    ///   - kind: the media type.
    ///   - owner: the tenant and its quotas.
    ///   - announced: the length in bytes, or nil if it is not known. More may follow.
    /// - Returns: the writer of the file.
    /// - Throws: ``FilesError``. Nothing is reserved then.
    package func begin(
        _ kind: FileKind,
        for owner: FileOwner,
        announced: ByteCount? = nil
    ) async throws(FilesError) -> FileWriter {
        guard let disk else { throw .noDisk }
        let size = announced ?? .zero
        try checkRoom(for: size)
        try accounts.reserve(size, of: owner)
        do throws(FilesError) {
            return FileWriter(
                self,
                disk,
                owner,
                kind: kind.name,
                number: try await disk.create(),
                reserved: size
            )
        } catch {
            accounts.release(size, of: owner.tenant)
            throw error
        }
    }

    /// Stores a whole file, such as a thumbnail.
    ///
    /// - Throws: ``FilesError``. Nothing is left behind then.
    package func add(
        _ bytes: [UInt8],
        _ kind: FileKind,
        for owner: FileOwner
    ) async throws(FilesError) -> StoredFile {
        let writer = try await begin(kind, for: owner, announced: ByteCount(bytes.count))
        try await writer.write(bytes)
        return try await writer.finish()
    }

    /// The last figures of the disk, or nil if it has none.
    package var figures: DiskFigures? {
        disk.flatMap { measure($0.data, accounts.bytes) }
    }

    /// Checks that a tenant may store more files, before they are bought.
    ///
    /// Nothing is reserved.
    ///
    /// - Throws: ``FilesError``.
    package func check(_ count: Int, of bytes: ByteCount, for owner: FileOwner) throws(FilesError) {
        guard disk != nil else { throw .noDisk }
        try checkRoom(for: bytes)
        try accounts.check(count, of: bytes, for: owner)
    }

    /// Refuses a file that would leave the database too little room.
    private func checkRoom(for bytes: ByteCount) throws(FilesError) {
        // Unknown figures refuse nothing. The disk then refuses what it cannot hold.
        guard let figures else { return }
        let free = figures.available - accounts.reserved - bytes
        guard free >= figures.keptFree(ballast: ballast) else { throw .diskFull }
    }

    /// Reserves more for a file that is being written.
    func extend(by more: ByteCount, of owner: FileOwner) throws(FilesError) {
        try checkRoom(for: more)
        try accounts.extend(by: more, of: owner)
    }

    /// Gives the reservation of a file back.
    func release(_ bytes: ByteCount, of owner: FileOwner) {
        accounts.release(bytes, of: owner.tenant)
    }

    /// Moves a temporary file to its place and records it.
    func keep(
        _ number: Int,
        kind: String,
        of tenant: Tenant.ID
    ) async throws(FilesError) -> StoredFile {
        guard let disk else { throw .noDisk }
        return try await locks.hold(tenant) { () throws(FilesError) in
            let sealed = try await disk.seal(number, for: tenant)
            let draft = FileDraft(
                id: Secret256.publicID(from: surroundings.entropy),
                tenant: tenant,
                hash: sealed.name.hash,
                bytes: sealed.bytes,
                kind: kind
            )
            do throws(StoreError) {
                let file = try await store.addFile(draft, at: surroundings.clock.timestamp)
                if file.id == draft.id { accounts.add(file) }
                return file
            } catch {
                if sealed.isNew { await removeContent(sealed.name) }
                throw .store(error)
            }
        }
    }

    // MARK: Reading

    /// A file by its id, or nil if there is none.
    ///
    /// The caller checks who may see it.
    package func file(_ id: String) async throws(FilesError) -> StoredFile? {
        do { return try await store.file(id) } catch { throw .store(error) }
    }

    /// A tenant's file by its id.
    ///
    /// - Throws: ``FilesError/notFound``, also for a file of another tenant.
    package func file(_ id: String, of tenant: Tenant.ID) async throws(FilesError) -> StoredFile {
        guard let file = try await file(id), file.tenant == tenant else { throw .notFound }
        return file
    }

    /// A tenant's files, the last used first, at most `limit`.
    package func list(
        of tenant: Tenant.ID,
        limit: Int
    ) async throws(FilesError) -> [StoredFile] {
        do { return try await store.files(of: tenant, limit: limit) } catch { throw .store(error) }
    }

    /// Opens a file's content, and records its use.
    ///
    /// - Throws: ``FilesError/gone`` if the content has disappeared. The file is then forgotten.
    package func open(_ file: StoredFile) async throws(FilesError) -> OpenedFile {
        let found = try await disk?.open(FileName(of: file))
        guard let opened = found, opened.bytes == file.bytes else {
            await forget(lost: file)
            throw .gone
        }
        let now = surroundings.clock.timestamp
        if now - file.lastUsed >= TenantFiles.touchInterval {
            // Reading a file must not fail because the database cannot be written.
            _ = try? await store.touchFile(file.id, at: now)
        }
        return opened
    }

    /// Reads at most `count` bytes of an open file from `offset` on.
    ///
    /// - Throws: ``FilesError/gone`` if there are fewer bytes than the file had.
    package func read(
        _ file: OpenedFile,
        at offset: Int,
        count: Int
    ) async throws(FilesError) -> [UInt8] {
        guard let disk else { throw .noDisk }
        let bytes = try await disk.read(file, at: offset, count: count)
        guard bytes.count == count else { throw .gone }
        return bytes
    }

    // MARK: Deleting

    /// Deletes a file.
    ///
    /// - Parameters:
    ///   - file: the file.
    ///   - isUnused: whether the file stays if it was used since `file` was read.
    /// - Returns: whether this call deleted it.
    /// - Throws: ``FilesError``. Nothing has changed if the content could not be deleted.
    @discardableResult
    package func delete(
        _ file: StoredFile,
        ifUnused isUnused: Bool = false
    ) async throws(FilesError) -> Bool {
        try await locks.hold(file.tenant) { () throws(FilesError) in
            guard let now = try await self.file(file.id) else { return false }
            let isTaken = now.uses > file.uses || file.isReleased && !now.isReleased
            if isUnused, isTaken || now.lastUsed > file.lastUsed { return false }
            // The content goes first, because a full disk has no room for the row's deletion before.
            try await disk?.remove(FileName(of: file))
            return try await deleteRow(of: file)
        }
    }

    /// Deletes a file at its owner's wish, with the thumbnails that show it alone.
    ///
    /// - Throws: ``FilesError``.
    package func deleteWithThumbnails(_ file: StoredFile) async throws(FilesError) {
        let thumbnails: [String]
        do { thumbnails = try await store.thumbnails(of: file.id) } catch { throw .store(error) }
        try await delete(file)
        for id in thumbnails {
            if let thumbnail = try await self.file(id) { try await delete(thumbnail) }
        }
    }

    /// Deletes the row of a file whose content is gone.
    ///
    /// - Returns: whether this call has done it.
    func deleteRow(of file: StoredFile) async throws(FilesError) -> Bool {
        do { guard try await store.deleteFile(file.id) else { return false } } catch {
            throw .store(error)
        }
        accounts.remove(file)
        return true
    }

    /// Deletes all files of a tenant.
    ///
    /// - Returns: the number and length of the deleted files.
    package func deleteAll(of tenant: Tenant.ID) async throws(FilesError) -> FileTotal {
        var (files, bytes) = (0, 0)
        while true {
            let page = try await list(of: tenant, limit: TenantFiles.page)
            var deleted = 0
            for file in page where try await delete(file) {
                (files, bytes, deleted) = (files + 1, bytes + file.bytes, deleted + 1)
            }
            if deleted == 0 { return FileTotal(files: files, bytes: bytes) }
        }
    }

    /// The files that are read from the database at once.
    static nonisolated let page = 128

    /// Deletes the contents of a tenant whose rows were deleted with it.
    ///
    /// Contents that cannot be deleted are logged, and the governor tries again later.
    ///
    /// - Returns: the number and length of the deleted files.
    package func removeFolder(of tenant: Tenant.ID) async -> FileTotal {
        do throws(FilesError) {
            return try await locks.hold(tenant) { () throws(FilesError) in
                accounts.clear(tenant)
                let removed = try await disk?.removeFolder(of: tenant)
                return FileTotal(files: removed?.files ?? 0, bytes: removed?.bytes ?? 0)
            }
        } catch {
            surroundings.log.error(
                "files of a removed tenant stay on the disk",
                ["tenant": .int(Int(tenant.value)), "why": .text(error.forOperator)]
            )
            return FileTotal(files: 0, bytes: 0)
        }
    }

    private func removeContent(_ name: FileName) async {
        do throws(FilesError) { try await disk?.remove(name) } catch {
            surroundings.log.warning(
                "the content of a deleted file stays on the disk",
                ["file": .text(name.path), "why": .text(error.forOperator)]
            )
        }
    }
}
