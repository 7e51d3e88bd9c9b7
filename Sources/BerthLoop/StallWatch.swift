import Glibc

/// Measures each turn of the loop and its longest piece of work.
///
/// It reads the clock once for each piece, which takes about 30 ns. Time in which another thread had
/// the processor is no stall of the loop's work.
@Loop final class StallWatch {
    /// The last look at the descriptors, which begins a turn.
    private var looked: Instant
    /// The name of the work that runs now, or nil if it has none.
    var label: WorkLabel?
    private static let limitNs = LoopStall.limit.nanoseconds
    /// The time, 100 ms, above which a turn is reported whatever it did, because it may have waited
    /// for a descriptor.
    private static let waitLimitNs: Int64 = 100_000_000
    private var last: Instant
    /// The time between two looks at the thread's processor time, each of which is a system call.
    private static let accountNs: Int64 = 10_000_000
    /// The thread's processor time when it was last read.
    private var spentNs: Int64 = 0
    /// When it was read.
    private var spentAt = Instant(nanoseconds: 0)
    /// The time that the turns since then took.
    private var busyNs: Int64 = 0
    private var longestNs: Int64 = 0
    private var culprit: (kind: LoopStall.Kind, label: WorkLabel?) = (.task, nil)
    private var observers: [StallObserver] = []

    nonisolated init() {
        looked = .now
        last = looked
    }

    /// Begins a turn: the loop has just looked at its descriptors.
    func look() {
        looked = .now
        last = looked
        longestNs = 0
        guard !observers.isEmpty,
            looked.nanoseconds - spentAt.nanoseconds > StallWatch.accountNs
        else { return }
        spentNs = StallWatch.processorNs
        spentAt = looked
        busyNs = 0
    }

    /// Ends a piece of work.
    func ended(_ kind: LoopStall.Kind) {
        let now = Instant.now
        let tookNs = now.nanoseconds - last.nanoseconds
        if tookNs > longestNs {
            longestNs = tookNs
            culprit = (kind, label)
        }
        last = now
        label = nil
    }

    /// Ends a turn, and reports it if one piece of its work took too long.
    func end() {
        let tookNs = Instant.now.nanoseconds - looked.nanoseconds
        busyNs += tookNs
        guard tookNs > StallWatch.limitNs, !observers.isEmpty else { return }
        // Many short pieces are many requests, which is no fault of one. The time in which another
        // program had the processor may all have been within the longest piece.
        let awayNs = max(0, busyNs - (StallWatch.processorNs - spentNs))
        let isWork = longestNs - awayNs > StallWatch.limitNs
        guard isWork || tookNs > StallWatch.waitLimitNs else { return }
        let stall = LoopStall(
            turn: .nanoseconds(tookNs),
            longest: .nanoseconds(longestNs),
            kind: culprit.kind,
            label: culprit.label
        )
        for observer in observers { observer.report(stall) }
    }

    /// The processor time of this thread.
    private static var processorNs: Int64 {
        var time = timespec()
        unsafe clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }

    func observe(_ report: @escaping @Loop (LoopStall) -> Void) -> StallObserver {
        let observer = StallObserver(report)
        // The turn that goes on now began unobserved, and its time until now is not judged.
        if observers.isEmpty { spentNs = StallWatch.processorNs }
        observers.append(observer)
        return observer
    }

    func remove(_ observer: StallObserver) { observers.removeAll { $0 === observer } }
}
