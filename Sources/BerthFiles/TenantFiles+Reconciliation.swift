import BerthLoop
import BerthStore
import BerthTelemetry

/// The steps by which the disk and the database come to agree.
extension TenantFiles {
    /// Deletes the row of a file whose content has disappeared or has another length.
    func forget(lost file: StoredFile) async {
        guard let disk else { return }
        do throws(FilesError) {
            let isLost = try await locks.hold(file.tenant) { () throws(FilesError) in
                let name = FileName(of: file)
                guard await disk.size(of: name) != file.bytes else { return false }
                try await disk.remove(name)
                return try await deleteRow(of: file)
            }
            guard isLost else { return }
            surroundings.log.warning(
                "a file was forgotten because its content is missing or damaged",
                ["file": .text(file.id), "tenant": .int(Int(file.tenant.value))]
            )
        } catch {
            surroundings.log.warning(
                "a file whose content is missing stays recorded",
                ["file": .text(file.id), "why": .text(error.forOperator)]
            )
        }
    }

    /// Deletes a content that no row names.
    ///
    /// - Returns: its length, or nil if a row names it or it is gone.
    func remove(orphan name: FileName) async throws(FilesError) -> Int? {
        guard let disk else { return nil }
        return try await locks.hold(name.tenant) { () throws(FilesError) in
            guard try await unknown([name]) == [name], let bytes = await disk.size(of: name) else {
                return nil
            }
            try await disk.remove(name)
            return bytes
        }
    }

    /// The names that no row has.
    func unknown(_ names: [FileName]) async throws(FilesError) -> [FileName] {
        let keys = names.map { FileKey(tenant: $0.tenant, hash: $0.hash) }
        do {
            return try await store.unknownFiles(among: keys)
                .map { FileName(tenant: $0.tenant, hash: $0.hash) }
        } catch { throw .store(error) }
    }
}
