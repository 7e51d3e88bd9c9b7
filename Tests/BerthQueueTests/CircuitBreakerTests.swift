import BerthLoop
import Testing

@testable import BerthQueue

@Suite struct CircuitBreakerTests {
    private static let now = Instant.after(.seconds(10))
    private static let policy = BreakerPolicy()

    private static func opening(
        until seconds: Int,
        _ count: Int = 2,
        grace: Int = 0,
        tenants: [String] = []
    ) -> BreakerOpening {
        BreakerOpening(
            why: .failing,
            until: .after(.seconds(seconds)),
            count: count,
            grace: .seconds(grace),
            tenants: tenants
        )
    }

    private static func pause(until: Int, end: Int, _ count: Int = 1) -> BreakerOpening {
        BreakerOpening(
            why: .paused,
            until: .after(.seconds(until)),
            end: .after(.seconds(end)),
            count: count
        )
    }

    /// The states of the table at 10 s.
    private static let states: [(String, CircuitBreaker)] = [
        ("closed", .fresh), ("open", .open(opening(until: 12))),
        ("over", .open(opening(until: 10))), ("probing", .probing(opening(until: 10))),
        ("paused", .open(pause(until: 70, end: 100))),
        ("pause probed", .probing(pause(until: 10, end: 100))),
    ]

    private static let mark = RequestMark()
    private static let call = BreakerCause.call(mark, tenant: "ann")

    private static let events: [(String, BreakerEvent)] = [
        ("probeStarted", .probeStarted), ("probeSucceeded", .probeSucceeded),
        ("probeFailed", .probeFailed(tenant: "ann")), ("probePaused", .probePaused(.seconds(200))),
        ("probeCancelled", .probeCancelled), ("succeeded", .succeeded), ("reached", .reached),
        ("failed", .failed(call)), ("paused", .paused(.seconds(20))),
    ]

    private static let succeeded = CircuitBreaker.closed(BreakerTally(succeeded: now))

    /// The state after each event, by state.
    ///
    /// Events that are not listed change nothing.
    private static let table: [String: [String: CircuitBreaker]] = [
        "closed": [
            "succeeded": succeeded,
            "failed": .closed(BreakerTally().adding(call, at: now, policy)),
            "paused": .open(pause(until: 30, end: 30)),
        ],
        "open": [:],
        "over": ["probeStarted": .probing(opening(until: 10))],
        "probing": [
            "probeSucceeded": succeeded, "probeCancelled": .open(opening(until: 10)),
            "probeFailed": .open(opening(until: 18, 3, grace: 5, tenants: ["ann"])),
            "probePaused": .open(pause(until: 70, end: 210)),
        ],
        "paused": [:],
        "pause probed": [
            "probeSucceeded": succeeded, "probeCancelled": .open(pause(until: 10, end: 100)),
            "probeFailed": .open(
                {
                    var next = pause(until: 130, end: 100, 2)
                    (next.grace, next.tenants) = (.seconds(5), ["ann"])
                    return next
                }()
            ),
            "probePaused": .open(pause(until: 130, end: 210, 2)),
        ],
    ]

    @Test(arguments: events.map(\.0))
    func `every event does in every state what the table says`(name: String) throws {
        let event = try #require(Self.events.first { $0.0 == name }?.1)
        for (title, state) in Self.states {
            let expected = Self.table[title]?[name] ?? state
            #expect(state.after(event, at: Self.now) == expected, "\(title)")
        }
    }

    @Test func `a longer pause lengthens a pause, and a shorter one changes nothing`() {
        let paused = CircuitBreaker.open(Self.pause(until: 15, end: 15))
        let longer = paused.after(.paused(.seconds(20)), at: Self.now)
        #expect(longer == .open(Self.pause(until: 30, end: 30)))
        #expect(paused.after(.paused(.seconds(2)), at: Self.now) == paused)
        let probed = CircuitBreaker.open(Self.pause(until: 40, end: 100))
        let day = probed.after(.paused(.seconds(86_400)), at: Self.now)
        #expect(day == .open(Self.pause(until: 40, end: 86_410)))
    }

    @Test func `who may go is told by the state`() {
        let access = Self.states.map { $0.1.access(for: "ann", hasFailed: false, at: Self.now) }
        let expected: [CircuitBreaker.Access] = [
            .through, .until(.after(.seconds(12))), .probe, .probing,
            .until(.after(.seconds(70))), .probing,
        ]
        #expect(access == expected)
    }

    @Test func `at its end a pause is over, probed or not`() {
        for state in [
            CircuitBreaker.open(Self.pause(until: 5, end: 10)),
            .probing(Self.pause(until: 5, end: 10)),
        ] {
            #expect(state.access(for: "ann", hasFailed: true, at: Self.now) == .through)
            #expect(state.opening(at: Self.now) == nil)
            #expect(state.after(.succeeded, at: Self.now) == Self.succeeded)
        }
    }

    /// A request that has failed, or whose tenant has, waits for the grace to pass.
    @Test(arguments: [
        ("bob", false, 10, true), ("bob", true, 10, false), ("ann", false, 10, false),
        ("bob", true, 13, true), ("ann", true, 13, true), ("bob", false, 9, false),
    ])
    func `a probe is a fresh request`(tenant: String, hasFailed: Bool, at: Int, may: Bool) {
        let open = CircuitBreaker.open(Self.opening(until: 10, grace: 3, tenants: ["ann"]))
        let access = open.access(for: tenant, hasFailed: hasFailed, at: .after(.seconds(at)))
        #expect((access == .probe) == may)
    }

    // MARK: The tally

    /// Calls one after the other, each a letter: a tenant's name for a failed call, upper case for
    /// the same request again, `+` for a success, `-` for no connection, `r` for an answered error,
    /// `m` for several failing models, `.` for a pause of 40 s.
    @Test(arguments: [
        ("aaaaa", false), ("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", false), ("aaaab", true),
        ("abab", false), ("ababa", true), ("abAABAB", false), ("aabb+a", false),
        ("+aaaab", false), ("+.aaaab", true), ("aaaa+.b", false), ("abca+abcab", false),
        ("abca+abca", false),
        ("-----", true), ("----", false), ("+-----", true), ("----r----", false),
        ("----a-", false), ("----+-", false), ("m", true), ("+m", false), ("+.m", true),
        ("aaaa........b", false), ("aaaa.b", true),
    ])
    func `it opens by requests of several tenants, or by connections`(calls: String, opens: Bool) {
        var (breaker, now) = (CircuitBreaker.fresh, Instant.after(.zero))
        var last: [Character: RequestMark] = [:]
        for call in calls {
            let name = Character(call.lowercased())
            let mark = call == name || last[name] == nil ? RequestMark() : last[name]
            last[name] = mark
            let cause = BreakerCause.call(mark ?? RequestMark(), tenant: "\(name)")
            let event: BreakerEvent? =
                switch call {
                case "+": .succeeded
                case "-": .failed(.connection(RequestMark()))
                case "r": .reached
                case "m": .failed(.models)
                case ".": nil
                default: .failed(cause)
                }
            if let event {
                breaker = breaker.after(event, at: now)
            } else {
                now = now + .seconds(40)
            }
        }
        #expect((breaker.opening(at: now) != nil) == opens)
    }

    @Test func `one tenant's failures in a row close it to that tenant, whatever succeeded before`()
    {
        var breaker = CircuitBreaker.fresh.after(.succeeded, at: Self.now)
        for count in 1...5 {
            #expect(breaker.opening(at: Self.now) == nil, "\(count)")
            let cause = BreakerCause.call(RequestMark(), tenant: "ann")
            breaker = breaker.after(.failed(cause), at: Self.now, policy: Self.policy.ofOneTenant)
        }
        #expect(breaker == .open(Self.opening(until: 12, 1, grace: 2)))
    }

    @Test func `a tally is bounded, whoever fails`() {
        var tally = BreakerTally()
        for number in 0..<1_000 {
            let cause = BreakerCause.call(RequestMark(), tenant: "\(number)")
            tally = tally.adding(cause, at: Self.now, Self.policy)
        }
        #expect(tally.tenants.count == BreakerTally.most && tally.requests == 1_000)
    }

    @Test(arguments: [(1, 2), (2, 4), (3, 8), (6, 64), (7, 120), (60, 120)])
    func `it stays open longer each time, up to a most, with jitter`(count: Int, seconds: Int) {
        #expect(Self.policy.time(opening: count, jitter: 0) == .seconds(seconds))
        #expect(Self.policy.time(opening: count, jitter: 1) == .seconds(seconds) * 1.2)
    }

    @Test(arguments: [(1, 60), (2, 120), (4, 480), (5, 900), (60, 900)])
    func `a pause is probed ever more rarely, up to a most`(count: Int, seconds: Int) {
        #expect(Self.policy.probe(ofPause: count, jitter: 0) == .seconds(seconds))
    }
}
