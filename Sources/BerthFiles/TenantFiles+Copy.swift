import BerthMemory
package import BerthStore

extension TenantFiles {
    /// The bytes that are copied at once.
    private static nonisolated let copied = 32 << 10
    /// The memory that ``copy(_:to:)`` takes.
    package static nonisolated let copyMemory = 2 * copied

    /// Copies a file's content, for which the quota of its new owner counts.
    ///
    /// - Parameters:
    ///   - file: the file of any tenant.
    ///   - owner: the tenant who gets the copy.
    /// - Returns: the file of the new owner.
    /// - Throws: ``FilesError``. Nothing is left behind then.
    package func copy(
        _ file: StoredFile,
        to owner: FileOwner
    ) async throws(FilesError) -> StoredFile {
        let source = try await open(file)
        let writer = try await begin(
            FileKind(file.kind),
            for: owner,
            announced: ByteCount(file.bytes)
        )
        for start in stride(from: 0, to: file.bytes, by: TenantFiles.copied) {
            let count = min(TenantFiles.copied, file.bytes - start)
            try await writer.write(try await read(source, at: start, count: count))
        }
        return try await writer.finish()
    }
}
