import BerthLoop
import BerthTestKit
import Testing

@testable import BerthQueue

/// The permits of tenants that could use all of them, on a virtual clock.
@Suite(.loop, .timeLimit(.minutes(20))) struct PermitSharesTests {
    let clock = ManualClock()

    private func request(_ tenant: String) -> WorkRequest {
        WorkRequest(lane: .chat, tenant: tenant, cost: .chat, tokens: 100)
    }

    @Loop private func dispatcher(_ concurrency: Int) -> Dispatcher {
        Dispatcher(
            gate: gate(ProviderLimits(concurrency: concurrency), clock: clock),
            bound: QueueBound(perTenant: 4_000, total: 9_000),
            in: .quiet(clock)
        )
    }

    /// Has a tenant queue `count` requests, each of which takes `latency`.
    @Loop private func flood(
        _ dispatcher: Dispatcher,
        as tenant: String,
        count: Int = 2_000,
        latency: Duration
    ) -> ToyUpstream {
        let upstream = ToyUpstream(clock: clock, latency: latency)
        for _ in 0..<count { upstream.ask(dispatcher, request(tenant)) }
        clock.advance(by: .zero)
        return upstream
    }

    // MARK: The number of tenants

    @Loop @Test(arguments: zip([1, 2, 4, 7, 8, 16, 32], [1, 2, 4, 7, 7, 14, 28]))
    func `alone a tenant uses all permits except an eighth`(limit: Int, used: Int) {
        let dispatcher = dispatcher(limit)
        let upstream = flood(dispatcher, as: "hog", latency: .seconds(3))
        clock.advance(by: .seconds(60))
        let (peak, running) = (upstream.peak, dispatcher.running(in: .chat))
        #expect(peak == used && running == used)
    }

    @Loop @Test(arguments: [8, 32], [.milliseconds(300), .seconds(180)] as [Duration])
    func `two with endless work share, and a third starts at once`(limit: Int, latency: Duration) {
        let (clock, dispatcher) = (clock, dispatcher(limit))
        let upstreams = ["one", "two"].map { flood(dispatcher, as: $0, latency: latency) }
        clock.advance(by: latency * 4)
        let (running, peaks) = (dispatcher.running(in: .chat), upstreams.map(\.peak))
        #expect(running == limit - limit / 8)
        #expect(peaks.allSatisfy { $0 <= limit - limit / 8 })
        let third = ToyUpstream(clock: clock, latency: .milliseconds(300))
        third.ask(dispatcher, request("three"))
        clock.advance(by: .milliseconds(300))
        #expect(third.waits.map(\.wait) == [.zero])
        let served = upstreams.map { $0.waits.count }
        #expect(abs(served[0] - served[1]) <= limit)
    }

    @Loop @Test func `fifty with endless work use every permit, and each the same`() {
        let (clock, dispatcher) = (clock, dispatcher(8))
        let upstream = ToyUpstream(clock: clock, latency: .milliseconds(300))
        for tenant in 1...50 {
            for _ in 0..<30 { upstream.ask(dispatcher, request("\(tenant)")) }
        }
        clock.advance(by: .seconds(30))
        let running = dispatcher.running(in: .chat)
        #expect(running == 8)
        let shares = (1...50).map { tenant in
            Double(upstream.waits.count { $0.tenant == "\(tenant)" })
        }
        #expect(jainIndex(shares) > 0.98)
        // 30 s at 8 calls in 300 ms.
        #expect(upstream.waits.count >= 780)
    }

    @Loop @Test(arguments: 2...40)
    func `any number of tenants leaves at most an eighth unused`(count: Int) {
        let (clock, dispatcher) = (clock, dispatcher(32))
        let upstream = ToyUpstream(clock: clock, latency: .milliseconds(700))
        for tenant in 1...count {
            for _ in 0..<500 { upstream.ask(dispatcher, request("\(tenant)")) }
        }
        clock.advance(by: .seconds(10))
        let running = dispatcher.running(in: .chat)
        #expect(running >= 28)
    }

    // MARK: Others beside a flood

    /// Has twenty tenants ask twice a second for 60 s at a concurrency of 32, with answers in 400 ms.
    @Loop private func others(_ dispatcher: Dispatcher, evenly: Bool) -> ToyUpstream {
        let upstream = ToyUpstream(clock: clock, latency: .milliseconds(400))
        var random = SeededGenerator(seed: 7)
        for tenant in 0..<20 {
            for question in 0..<120 {
                let within = evenly ? tenant * 25 : Int(random.fraction() * 500)
                let moment = question * 500 + within
                clock.schedule(after: .milliseconds(moment)) {
                    upstream.ask(dispatcher, request("\(tenant)"))
                }
            }
        }
        return upstream
    }

    /// Has `hogs` tenants flood the provider after 20 s.
    ///
    /// - Returns: the most permits that one of them had.
    @Loop private func flooded(by hogs: Int, _ latency: Duration, evenly: Bool) -> Int {
        let (clock, dispatcher) = (clock, dispatcher(32))
        let others = others(dispatcher, evenly: evenly)
        clock.advance(by: .seconds(20))
        let quiet = others.waits.map(\.wait)
        let floods = (0..<hogs).map {
            flood(dispatcher, as: "hog \($0)", count: 2_000 / hogs, latency: latency)
        }
        clock.advance(by: .seconds(41))
        let flooded = others.waits.dropFirst(quiet.count).map(\.wait)
        #expect(quiet.count + flooded.count == 2_400)
        let (before, after) = (percentile(0.95, of: quiet), percentile(0.95, of: flooded))
        #expect(before == .zero && after <= .milliseconds(80), "\(after)")
        return floods.map(\.peak).max() ?? 0
    }

    @Loop
    @Test(
        arguments: [.milliseconds(400), .milliseconds(410), .seconds(5), .seconds(180)]
            as [Duration],
        [true, false]
    )
    func `one tenant's flood makes the others' answers at most a fifth slower`(
        latency: Duration,
        evenly: Bool
    ) {
        let peak = flooded(by: 1, latency, evenly: evenly)
        // It has what they leave.
        #expect(peak >= 8)
    }

    @Loop @Test(arguments: [2, 3, 5], [.milliseconds(400), .seconds(180)] as [Duration])
    func `the floods of several tenants do so too`(hogs: Int, latency: Duration) {
        let peak = flooded(by: hogs, latency, evenly: true)
        #expect(peak >= 1)
    }

    @Loop @Test func `a newcomer starts at once beside calls of minutes`() {
        let (clock, dispatcher) = (clock, dispatcher(8))
        let hog = flood(dispatcher, as: "hog", latency: .seconds(600))
        let brief = ToyUpstream(clock: clock, latency: .seconds(2))
        for tenant in 1...40 {
            brief.ask(dispatcher, request("\(tenant)"))
            clock.advance(by: .seconds(3))
        }
        #expect(brief.waits.map(\.wait) == Array(repeating: .zero, count: 40))
        #expect(hog.peak == 7)
    }

    // MARK: Afterwards

    @Loop @Test func `permits that are kept for usual tenants are given when these stay away`() {
        let (clock, dispatcher) = (clock, dispatcher(32))
        _ = others(dispatcher, evenly: true)
        clock.advance(by: .seconds(61))
        let hog = flood(dispatcher, as: "hog", latency: .seconds(36_000))
        let atFirst = hog.peak
        #expect(atFirst < 20)
        // No call begins or ends, so only time can change the decision.
        clock.advance(by: .seconds(3_600))
        #expect(hog.peak == 28)
    }

    @Loop @Test func `a limit of which some permits are kept free grows back`() {
        let (clock, log) = (clock, Answers())
        let gate = gate(ProviderLimits(concurrency: 16), clock: clock)
        let bound = QueueBound(perTenant: 4_000, total: 9_000)
        let dispatcher = Dispatcher(gate: gate, bound: bound, in: .quiet(clock))
        dispatcher.submit(request("hog"), answer: log.hear("hog"))
        clock.advance(by: .zero)
        log.permits.removeLast().end(.failed(.timedOut))
        let halved = gate.limit
        #expect(halved == 8)
        let hog = flood(dispatcher, as: "hog", latency: .seconds(1))
        clock.advance(by: .seconds(120))
        let (grown, peak) = (gate.limit, hog.peak)
        #expect(grown == 16 && peak == 14, "\(grown)")
    }
}
