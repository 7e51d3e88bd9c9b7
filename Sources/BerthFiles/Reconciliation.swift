import BerthLoop
import BerthStore
import BerthTelemetry

/// One comparison of the disk with the database, in steps.
///
/// Contents without a row are remembered as orphans, and rows without a content are deleted.
@Loop final class Reconciliation {
    private let files: TenantFiles
    private let disk: FileDisk
    private let orphans: OrphanList
    private let surroundings: Surroundings
    private var stage = Stage.contents
    private var found = 0

    private enum Stage {
        /// The contents are looked up in the database.
        case contents
        /// The rows after this id are looked up on the disk.
        case rows(after: String)
    }

    init(
        _ files: TenantFiles,
        _ disk: FileDisk,
        _ orphans: OrphanList,
        in surroundings: Surroundings
    ) {
        self.files = files
        self.disk = disk
        self.orphans = orphans
        self.surroundings = surroundings
    }

    /// Compares the next ``TenantFiles/page`` names.
    ///
    /// - Returns: whether there are more.
    func step() async throws(FilesError) -> Bool {
        switch stage {
        case .contents:
            guard let names = await disk.next(TenantFiles.page) else {
                if found > 0 { report() }
                stage = .rows(after: "")
                return true
            }
            let unknown = try await files.unknown(names)
            found += unknown.count
            orphans.add(unknown, at: surroundings.clock.now)
            return true
        case .rows(let id):
            let page: [StoredFile]
            do {
                page = try await files.store.files(after: id, limit: TenantFiles.page)
            } catch { throw .store(error) }
            for file in page where await disk.size(of: FileName(of: file)) != file.bytes {
                await files.forget(lost: file)
            }
            guard let last = page.last else { return false }
            stage = .rows(after: last.id)
            return true
        }
    }

    private func report() {
        surroundings.log.warning(
            "files that the database does not know are deleted after an hour",
            ["files": .int(found)]
        )
    }
}
