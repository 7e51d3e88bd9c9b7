import BerthLoop
import Testing

@testable import BerthQueue

@Suite struct CircuitBreakerTests {
    /// The states of the table at 10 s: closed, open until 12 s, open with its time over, probing.
    private static let states: [(String, CircuitBreaker)] = [
        ("closed", .fresh), ("open", .open(until: .after(.seconds(12)), count: 2)),
        ("over", .open(until: .after(.seconds(10)), count: 2)), ("probing", .probing(count: 2)),
    ]

    /// The state after each event, by state.
    ///
    /// Events that are not listed change nothing.
    private static let table: [String: [BreakerEvent: CircuitBreaker]] = [
        "closed": [.succeeded: .closed(tally(0, 0, 1)), .failed: .closed(tally(1, 1, 1))],
        "open": [:],
        "over": [.probeStarted: .probing(count: 2)],
        "probing": [
            .probeSucceeded: .fresh, .probeFailed: .open(until: .after(.seconds(18)), count: 3),
            .probeCancelled: .open(until: .after(.seconds(10)), count: 2),
        ],
    ]

    private static func tally(_ consecutive: Int, _ failures: Int, _ calls: Int) -> BreakerTally {
        var tally = BreakerTally()
        (tally.consecutive, tally.failures, tally.calls) = (consecutive, failures, calls)
        return tally
    }

    @Test(arguments: BreakerEvent.allCases)
    func `every event does in every state what the table says`(event: BreakerEvent) {
        for (name, state) in Self.states {
            let expected = Self.table[name]?[event] ?? state
            #expect(state.after(event, at: .after(.seconds(10))) == expected, "\(name)")
        }
    }

    @Test func `who may go is told by the state`() {
        let access = Self.states.map { $0.1.access(at: .after(.seconds(10))) }
        #expect(access == [.through, .until(.after(.seconds(12))), .probe, .probing])
    }

    @Test(arguments: [
        ("fffff", true), ("ffffsffff", false), ("ffff", false),
        ("fsfsfsfsfsfsfsfsfsfs", false), ("fsfsfsfsfsfsfsfsfsfsf", true),
        ("fssfssfssfssfssfssfssfss", false),
        ("ffsffsffsffsffsffsff", true), ("ffsffsffsffsffsffs", false),
    ])
    func `it opens by failures in a row or by their share`(calls: String, opens: Bool) {
        var breaker = CircuitBreaker.fresh
        for call in calls {
            breaker = breaker.after(call == "f" ? .failed : .succeeded, at: .after(.zero))
        }
        let isOpen = if case .open = breaker { true } else { false }
        #expect(isOpen == opens)
    }

    @Test func `the recent calls fade, so that an old good time does not hide a bad one`() {
        var breaker = CircuitBreaker.fresh
        for _ in 0..<10_000 { breaker = breaker.after(.succeeded, at: .after(.zero)) }
        var calls = 0
        while case .closed = breaker, calls < 200 {
            breaker = breaker.after(calls % 4 == 3 ? .succeeded : .failed, at: .after(.zero))
            calls += 1
        }
        #expect(calls < 100)
    }

    @Test(arguments: [(1, 2), (2, 4), (3, 8), (6, 64), (7, 120), (60, 120)])
    func `it stays open longer each time, up to a most, with jitter`(count: Int, seconds: Int) {
        let policy = BreakerPolicy()
        #expect(policy.time(opening: count, jitter: 0) == .seconds(seconds))
        #expect(policy.time(opening: count, jitter: 1) == .seconds(seconds) * 1.2)
    }
}
