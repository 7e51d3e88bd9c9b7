import BerthQueue
import Testing

@Suite struct WorkStateTests {
    private typealias Row = [WorkState.Event: WorkState]

    /// The table of ``WorkState``; what is not named is refused.
    private static let table: [WorkState: [WorkState.Event: WorkState]] = [
        .accepted: [.start: .running, .giveUp: .failed, .stop: .stopped, .foundUnsent: .accepted],
        .running: [
            .finish: .done, .retryLater: .waiting, .giveUp: .failed, .stop: .stopped,
            .foundUnsent: .interrupted, .foundSent: .uncertain,
        ],
        .waiting: [
            .giveUp: .failed, .stop: .stopped, .foundUnsent: .waiting, .resume: .accepted,
            .retry: .accepted,
        ],
        .interrupted: [
            .giveUp: .failed, .stop: .stopped, .foundUnsent: .interrupted, .resume: .accepted,
            .retry: .accepted,
        ],
        .uncertain: [
            .finish: .done, .giveUp: .failed, .stop: .stopped, .foundUnsent: .uncertain,
            .foundSent: .uncertain, .retry: .accepted,
        ],
        .failed: [.foundUnsent: .failed, .foundSent: .failed, .retry: .accepted],
        .stopped: [.foundUnsent: .stopped, .foundSent: .stopped],
        .done: [.foundUnsent: .done, .foundSent: .done],
    ]

    @Test(arguments: WorkState.allCases)
    func `every event does what the table says`(state: WorkState) {
        for event in WorkState.Event.allCases {
            #expect(state.after(event) == Self.table[state]?[event], "\(event)")
        }
    }

    @Test func `what is uncertain is bought again by a person alone`() {
        let toProvider = WorkState.Event.allCases.filter { event in
            let next = WorkState.uncertain.after(event)
            return next == .accepted || next == .running || next == .waiting
        }
        #expect(toProvider == [.retry])
    }

    @Test(arguments: WorkState.allCases)
    func `finding work twice at a start is like finding it once`(state: WorkState) {
        for event in [WorkState.Event.foundUnsent, .foundSent] {
            guard let once = state.after(event), once != .interrupted || event == .foundUnsent
            else { continue }
            #expect(once.after(event) == once)
        }
    }

    @Test(arguments: WorkState.allCases)
    func `whatever is not final has a way to an end`(state: WorkState) {
        #expect(state.isFinal || state.after(.stop) == .stopped)
        #expect(state.isFinal || state.after(.giveUp) == .failed)
    }
}
