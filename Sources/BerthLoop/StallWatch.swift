/// Measures each turn of the loop and its longest piece of work.
///
/// It reads the clock once for each piece, which takes about 30 ns.
@Loop final class StallWatch {
    /// The last look at the descriptors, which begins a turn.
    private var looked: Instant
    /// The name of the work that runs now, or nil if it has none.
    var label: WorkLabel?
    private static let limitNs = LoopStall.limit.nanoseconds
    private var last: Instant
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

    /// Ends a turn and reports it if it took too long.
    func end() {
        let tookNs = Instant.now.nanoseconds - looked.nanoseconds
        guard tookNs > StallWatch.limitNs, !observers.isEmpty else { return }
        let stall = LoopStall(
            turn: .nanoseconds(tookNs),
            longest: .nanoseconds(longestNs),
            kind: culprit.kind,
            label: culprit.label
        )
        for observer in observers { observer.report(stall) }
    }

    func observe(_ report: @escaping @Loop (LoopStall) -> Void) -> StallObserver {
        let observer = StallObserver(report)
        observers.append(observer)
        return observer
    }

    func remove(_ observer: StallObserver) { observers.removeAll { $0 === observer } }
}
