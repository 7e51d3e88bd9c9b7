package import BerthLoop
package import BerthMemory
package import BerthStore

/// A file on its way to the disk, piece by piece.
///
/// Its quota is reserved. A writer that is dropped or fails gives the quota back and leaves no
/// temporary file.
@Loop package final class FileWriter {
    private let files: TenantFiles
    private let disk: FileDisk
    private let owner: FileOwner
    private var kind: String
    private let number: Int
    private var reserved: ByteCount
    private var written = ByteCount.zero
    private var isOpen = true

    /// The quota of a file of unknown length is reserved in steps of this size.
    package static nonisolated let step = ByteCount.kibibytes(256)

    init(
        _ files: TenantFiles,
        _ disk: FileDisk,
        _ owner: FileOwner,
        kind: String,
        number: Int,
        reserved: ByteCount
    ) {
        self.files = files
        self.disk = disk
        self.owner = owner
        self.kind = kind
        self.number = number
        self.reserved = reserved
    }

    isolated deinit {
        guard isOpen else { return }
        disk.discardSoon(number)
        files.release(reserved, of: owner)
    }

    /// Writes the next bytes.
    ///
    /// - Throws: ``FilesError``. The file is discarded then.
    package func write(_ bytes: [UInt8]) async throws(FilesError) {
        guard isOpen else { throw .gone }
        do throws(FilesError) {
            let size = written + ByteCount(bytes.count)
            if size > reserved { try extend(to: size) }
            try await disk.append(bytes, to: number)
            written = size
        } catch {
            await discard()
            throw error
        }
    }

    /// Reserves a step if there is room for one, and else what is needed.
    private func extend(to size: ByteCount) throws(FilesError) {
        let need = size - reserved
        do throws(FilesError) {
            try files.extend(by: max(need, FileWriter.step), of: owner)
            reserved += max(need, FileWriter.step)
        } catch _ {
            try files.extend(by: need, of: owner)
            reserved += need
        }
    }

    /// Opens what was written so far, to be looked at before it is kept.
    ///
    /// - Throws: ``FilesError/gone`` after the end.
    package func opened() async throws(FilesError) -> OpenedFile {
        guard isOpen, let file = try await disk.open(number) else { throw .gone }
        return file
    }

    /// Puts the file in its place and records it.
    ///
    /// - Parameter known: the media type by the content, or nil for the one at the beginning.
    /// - Returns: the file, which is on the disk and in the database. It is the tenant's file with
    ///   the same content if there is one.
    /// - Throws: ``FilesError``. The file is discarded then.
    package func finish(as known: FileKind? = nil) async throws(FilesError) -> StoredFile {
        guard isOpen else { throw .gone }
        kind = known?.name ?? kind
        guard written > .zero else {
            await discard()
            throw .empty
        }
        isOpen = false
        defer { files.release(reserved, of: owner) }
        return try await files.keep(number, kind: kind, of: owner.tenant)
    }

    /// Deletes what was written.
    ///
    /// Does nothing after the end.
    package func discard() async {
        guard isOpen else { return }
        isOpen = false
        files.release(reserved, of: owner)
        await disk.discard(number)
    }
}
