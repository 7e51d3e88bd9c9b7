package import BerthConfig
package import BerthLoop
import BerthMemory
import BerthStore
package import BerthTelemetry

/// Plans which files are deleted, and deletes those of a plan.
///
/// `berth cleanup` and the background pass use the same rules.
@Loop package final class FileCleaner {
    private let files: TenantFiles
    private let settings: Configuration.Files
    private let surroundings: Surroundings
    /// Contents that no row named at the last reconciliation.
    let orphans = OrphanList()
    /// Deleted files, by rule.
    package let deleted: Counter
    /// Their bytes.
    package let freed: Counter

    /// The most files of one plan.
    package static nonisolated let mostPlanned = 1024

    /// Makes the cleaner of `files`.
    package init(
        _ files: TenantFiles,
        _ settings: Configuration.Files,
        in surroundings: Surroundings
    ) {
        self.files = files
        self.settings = settings
        self.surroundings = surroundings
        let rules = PlannedRemoval.Rule.allCases.map(\.rawValue)
        deleted = surroundings.metrics.counter(
            "berth_files_deleted_total",
            help: "Files that a cleanup has deleted, by the rule.",
            label: "rule",
            values: rules
        )
        freed = surroundings.metrics.counter(
            "berth_files_deleted_bytes_total",
            help: "Bytes of the files that a cleanup has deleted, by the rule.",
            label: "rule",
            values: rules
        )
    }

    /// The time in which a turn has to take a file that was uploaded or made.
    package static nonisolated let grace = Duration.seconds(86_400)

    // MARK: Planning

    /// The plan of a cleanup that a person asks for: at most ``mostPlanned`` files.
    ///
    /// A plan for one tenant does not look at the water marks, because the room that is missing is
    /// everybody's.
    package func plan(_ scope: CleanupScope) async throws(FilesError) -> [PlannedRemoval] {
        var plan = await leftovers(of: scope.tenant)
        plan += try await due(scope, FileCleaner.mostPlanned - plan.count)
        if scope.tenant == nil { plan += try await aboveMark(after: plan) }
        plan.removeLast(max(0, plan.count - FileCleaner.mostPlanned))
        return plan
    }

    /// Temporary files that nothing writes, and contents that no row names.
    ///
    /// With an instant, only the contents whose grace is over then.
    func leftovers(of tenant: Tenant.ID?, due: Instant? = nil) async -> [PlannedRemoval] {
        guard let disk = files.disk else { return [] }
        var plan: [PlannedRemoval] = []
        for name in due.map(orphans.due) ?? orphans.names(of: tenant) {
            guard let bytes = await disk.size(of: name) else { continue }
            plan.append(
                PlannedRemoval(
                    target: .orphan(name),
                    path: path(name.path),
                    tenant: name.tenant,
                    bytes: bytes,
                    rule: .orphan,
                    why: "the database does not know it"
                )
            )
        }
        guard tenant == nil else { return plan }
        return plan
            + (await disk.strays().map { path, bytes in
                PlannedRemoval(
                    target: .temporary(path),
                    path: path,
                    tenant: nil,
                    bytes: bytes,
                    rule: .temporary,
                    why: "it was never finished"
                )
            })
    }

    /// Files that nothing uses any more, at most `limit`.
    ///
    /// They were not used for `files.keep` or for the scope's time, their last turn was deleted, or no
    /// turn took them for ``grace``.
    func due(_ scope: CleanupScope, _ limit: Int) async throws(FilesError) -> [PlannedRemoval] {
        let (now, age) = (surroundings.clock.timestamp, scope.olderThan ?? settings.keep)
        let (store, tenant) = (files.store, scope.tenant)
        let (old, unused): ([StoredFile], [StoredFile])
        do throws(StoreError) {
            old = try await store.expiredFiles(
                before: now + (.zero - age),
                of: tenant,
                limit: limit
            )
            unused = try await store.unusedFiles(
                before: now + (.zero - FileCleaner.grace),
                of: tenant,
                limit: limit
            )
        } catch { throw .store(error) }
        let known = Set(old.map(\.id))
        var plan =
            old.map { removal(of: $0, .expired, "it was not used for \(Units.text(age))") }
            + unused.filter { !known.contains($0.id) }.map { file in
                file.isReleased
                    ? removal(of: file, .released, "its conversation was deleted")
                    : removal(
                        of: file,
                        .untaken,
                        "no message took it for \(Units.text(FileCleaner.grace))"
                    )
            }
        plan.removeLast(max(0, plan.count - limit))
        return plan
    }

    /// The files that have to go if the disk is above the high-water mark, until it is at the low one.
    ///
    /// - Parameters:
    ///   - planned: the files that go before them.
    ///   - limit: the most files.
    /// - Returns: the files, those that were used longest ago first.
    /// - Throws: ``FilesError`` if the database cannot be read.
    func aboveMark(
        after planned: [PlannedRemoval] = [],
        _ limit: Int = FileCleaner.mostPlanned
    ) async throws(FilesError) -> [PlannedRemoval] {
        guard let figures = files.figures, figures.percent >= settings.highWaterPercent else {
            return []
        }
        let freed = ByteCount(planned.reduce(0) { $0 + $1.bytes })
        let known = Set(planned.map(\.path))
        var missing = figures.excess(above: settings.lowWaterPercent) - freed
        let why = "the disk is above \(settings.highWaterPercent)%"
        var plan: [PlannedRemoval] = []
        let candidates: [StoredFile]
        do { candidates = try await files.store.leastUsedFiles(of: nil, limit: limit) } catch {
            throw .store(error)
        }
        for file in candidates where missing > .zero {
            let removal = self.removal(of: file, .highWater, why)
            guard !known.contains(removal.path) else { continue }
            missing -= ByteCount(file.bytes)
            plan.append(removal)
        }
        return plan
    }

    private func removal(
        of file: StoredFile,
        _ rule: PlannedRemoval.Rule,
        _ why: String
    ) -> PlannedRemoval {
        PlannedRemoval(
            target: .file(file),
            path: path(FileName(of: file).path),
            tenant: file.tenant,
            bytes: file.bytes,
            rule: rule,
            why: why
        )
    }

    private func path(_ name: String) -> String { "\(files.disk?.data ?? "")/files/\(name)" }

    // MARK: Deleting

    /// Deletes the files of a plan, except those that were used or deleted since it was made.
    ///
    /// - Returns: the files that this call deleted, and the reason of the last failure.
    package func apply(
        _ plan: some Sequence<PlannedRemoval>
    ) async -> (done: [PlannedRemoval], failure: FilesError?) {
        var done: [PlannedRemoval] = []
        var failure: FilesError?
        for removal in plan where !Task.isCancelled {
            do throws(FilesError) {
                guard try await delete(removal) else { continue }
                done.append(removal)
                deleted.add(1, removal.rule.rawValue)
                freed.add(removal.bytes, removal.rule.rawValue)
            } catch { failure = error }
        }
        return (done, failure)
    }

    private func delete(_ removal: PlannedRemoval) async throws(FilesError) -> Bool {
        switch removal.target {
        case .file(let file): return try await files.delete(file, ifUnused: true)
        case .orphan(let name):
            let bytes = try await files.remove(orphan: name)
            orphans.remove(name)
            return bytes != nil
        case .temporary(let path):
            return await files.disk?.removeStray(path) ?? false
        }
    }
}
