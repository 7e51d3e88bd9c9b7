package import BerthConfig
package import BerthLoop
import BerthMemory
import BerthStore
package import BerthTelemetry

/// Keeps the disk from filling up: it looks every second and does one bounded step.
///
/// It releases the ballast while too little is free, deletes files by the rules of ``FileCleaner``,
/// and compares the disk with the database at the start and every night.
@Loop package final class DiskGovernor: Service {
    /// The figures of the last look, or nil if there are none.
    package private(set) var figures: DiskFigures?
    /// Whether the ballast is released because too little is free.
    package private(set) var isShort = false
    /// Whether the disk is short of room and has no ballast left, so that writing may fail.
    package var isFull: Bool { figures.map { $0.isShort && $0.ballast == .zero } ?? false }
    /// The rules and what they have deleted.
    package let cleaner: FileCleaner
    /// The settings that it follows.
    package let settings: Configuration.Files
    private let files: TenantFiles
    private let surroundings: Surroundings
    private var planned: ArraySlice<PlannedRemoval> = []
    private var reconciliation: Reconciliation?
    private var expiryDue: Instant?
    private var reconcileDue: Timestamp?
    private var warned: [Trouble: Instant] = [:]
    private let ballastReleases: Counter

    /// A condition that is told again only after a while.
    private enum Trouble { case deletion, ballast, mark }

    /// The pause between two looks.
    package static nonisolated let interval = Duration.seconds(1)
    /// The most files that one look deletes.
    package static nonisolated let step = 16
    /// The files that are planned at once.
    static nonisolated let ahead = 256
    /// The pause between two looks for files that nothing uses.
    static nonisolated let expiryInterval = Duration.seconds(60)
    /// The time after midnight at which the disk and the database are compared.
    static nonisolated let night = Duration.seconds(3 * 3600)
    /// One warning of a kind stands for all of this time.
    private static nonisolated let warningPause = Duration.seconds(600)

    /// Makes the governor of `files`.
    package init(
        _ files: TenantFiles,
        _ settings: Configuration.Files,
        in surroundings: Surroundings
    ) {
        self.files = files
        self.settings = settings
        self.surroundings = surroundings
        cleaner = FileCleaner(files, settings, in: surroundings)
        ballastReleases = surroundings.metrics.counter(
            "berth_ballast_released_total",
            help: "Times that the ballast file was deleted because the disk was nearly full."
        )
    }

    /// Looks every second until the stop.
    package func run(until stop: Stop) async throws {
        let timer = Wakeup()
        while !stop.isRequested, !Task.isCancelled {
            await look()
            let next = surroundings.clock.schedule(after: DiskGovernor.interval) { timer.signal() }
            await stop.requested(or: timer)
            next.cancel()
        }
    }

    /// Measures the disk and does one step of what is due.
    package func look() async {
        guard let disk = files.disk, let now = files.figures else { return }
        figures = now
        await keepBallast(now, on: disk)
        do throws(FilesError) {
            if let reconciliation {
                if try await !reconciliation.step() { self.reconciliation = nil }
            } else {
                beginReconciliation(on: disk)
            }
            if planned.isEmpty { planned = try await due(now)[...] }
            let end = planned.startIndex + min(DiskGovernor.step, planned.count)
            let step = planned[..<end]
            planned = planned[end...]
            guard !step.isEmpty else { return }
            let (done, failure) = await cleaner.apply(step)
            report(done)
            if let failure { throw failure }
        } catch {
            planned = []
            warn(.deletion, "files that are due cannot be deleted", error)
        }
    }

    // MARK: Ballast

    private func keepBallast(_ now: DiskFigures, on disk: FileDisk) async {
        if now.isShort { return await releaseBallast(now, on: disk) }
        if isShort, now.available >= now.keptFree(ballast: settings.ballast) {
            isShort = false
            surroundings.log.info("the disk has room again", ["free": .describing(now.available)])
        }
        // The room changes a little all the time, and the ballast does not follow each change.
        let wanted = now.ballastSize(settings.ballast)
        let isSmall = now.ballast.bytes < wanted.bytes / 4 * 3
        guard now.ballast > settings.ballast || isSmall && now.hasRoom(forBallast: wanted) else {
            return
        }
        do throws(FilesError) { try await disk.setBallast(wanted) } catch {
            warn(.ballast, "the ballast file cannot be made", error)
        }
    }

    private func releaseBallast(_ now: DiskFigures, on disk: FileDisk) async {
        guard !isShort || now.ballast > .zero else { return }
        isShort = true
        if now.ballast > .zero {
            await disk.dropBallast()
            ballastReleases.add(1)
        }
        surroundings.log.error(
            "the disk is nearly full: the ballast is released, and no files are taken",
            [
                "free": .describing(now.available), "ballast": .describing(now.ballast),
                "own": .describing(now.own),
            ]
        )
        // The room of the database's log can then be used again.
        try? await files.store.shrinkLog()
    }

    // MARK: Deleting

    /// The files that are to be deleted now.
    private func due(_ now: DiskFigures) async throws(FilesError) -> [PlannedRemoval] {
        var plan: [PlannedRemoval] = []
        let time = surroundings.clock.now
        if expiryDue.map({ time >= $0 }) ?? true {
            plan = try await cleaner.due(CleanupScope(), DiskGovernor.ahead)
            // A full plan means that there may be more.
            if plan.count < DiskGovernor.ahead { expiryDue = time + DiskGovernor.expiryInterval }
            plan += await cleaner.leftovers(of: nil, due: time)
        }
        guard plan.isEmpty, now.percent >= settings.highWaterPercent else { return plan }
        plan = try await cleaner.aboveMark(DiskGovernor.ahead)
        if plan.isEmpty { tellOfMark(now) }
        return plan
    }

    /// Warns that the disk is above the high-water mark although there is no file to delete.
    private func tellOfMark(_ now: DiskFigures) {
        guard isDue(.mark) else { return }
        surroundings.log.warning(
            "the disk is above files.high_water, and no file is left to delete: make room on it",
            ["free": .describing(now.available), "own": .describing(now.own)]
        )
    }

    private func report(_ done: [PlannedRemoval]) {
        for rule in PlannedRemoval.Rule.allCases {
            let removed = done.filter { $0.rule == rule }
            guard let first = removed.first else { continue }
            surroundings.log.info(
                "files deleted",
                [
                    "files": .int(removed.count),
                    "size": .describing(ByteCount(removed.reduce(0) { $0 + $1.bytes })),
                    "why": .text(first.why),
                ]
            )
        }
    }

    // MARK: Reconciliation

    private func beginReconciliation(on disk: FileDisk) {
        let now = surroundings.clock.timestamp
        guard reconcileDue.map({ now >= $0 }) ?? true else { return }
        reconciliation = Reconciliation(files, disk, cleaner.orphans, in: surroundings)
        reconcileDue = now.endOfDay + DiskGovernor.night
    }

    // MARK: Warnings

    private func warn(_ trouble: Trouble, _ text: StaticString, _ error: FilesError) {
        guard isDue(trouble) else { return }
        surroundings.log.warning(text, ["why": .text(error.forOperator)])
    }

    /// Whether a warning is due, which is then given.
    private func isDue(_ trouble: Trouble) -> Bool {
        let now = surroundings.clock.now
        if let last = warned[trouble], now - last < DiskGovernor.warningPause { return false }
        warned[trouble] = now
        return true
    }
}
