import BerthStore
import Testing

@Suite struct TurnStateTests {
    /// The table of ``Turn/State``.
    ///
    /// An event that is not named is refused.
    private static let table: [Turn.State: [Turn.Event: Turn.State]] = [
        .accepted: [
            .start: .running, .finish: .done, .giveUp: .failed, .stop: .stopped,
            .interrupt: .accepted, .lose: .uncertain,
        ],
        .running: [
            .finish: .done, .retryLater: .accepted, .giveUp: .failed, .stop: .stopped,
            .interrupt: .accepted, .lose: .uncertain, .askAgain: .accepted,
        ],
        .uncertain: [.retry: .accepted],
        .failed: [.retry: .accepted],
    ]

    @Test(arguments: Turn.State.allCases)
    func `every event does what the table says`(state: Turn.State) {
        for event in Turn.Event.allCases {
            #expect(state.after(event) == Self.table[state]?[event], "\(event)")
        }
    }

    @Test func `only a permit leads to a provider, and only from what is accepted`() {
        for state in Turn.State.allCases {
            let leading = Turn.Event.allCases.filter { state.after($0) == .running }
            #expect(leading == (state == .accepted ? [.start] : []), "\(state)")
        }
    }

    @Test func `what is uncertain is bought again by a person alone`() {
        let ways = Turn.Event.allCases.filter { Turn.State.uncertain.after($0) != nil }
        #expect(ways == [.retry])
    }

    @Test(arguments: Turn.State.allCases)
    func `what is open can be ended, what is not open cannot`(state: Turn.State) {
        for event in [Turn.Event.finish, .giveUp, .stop] {
            #expect((state.after(event) != nil) == state.isOpen)
        }
    }
}
