import BerthLoop
import BerthTelemetry
import BerthTestKit
import Synchronization
import Testing

@testable import BerthQueue

@Suite(.loop, .timeLimit(.minutes(20))) struct ProviderGateTests {
    let clock = ManualClock()

    @Loop @Test func `as many run as may, and the end of one lets in the next`() throws {
        let gate = gate(ProviderLimits(concurrency: 2), clock: clock)
        let (first, second) = (try permit(gate), try permit(gate))
        #expect(answer(gate) == "busy")
        first.end(.done(latency: .milliseconds(1)))
        first.end(.cancelled)
        let running = gate.running
        #expect(running == 1 && answer(gate) == "now")
        second.end(.cancelled)
    }

    @Loop @Test func `the rate of requests and of tokens each make it wait`() throws {
        var limits = ProviderLimits(requestsPerMinute: 60, tokensPerMinute: 6_000, concurrency: 99)
        let gate = gate(limits, clock: clock)
        for _ in 0..<10 { try permit(gate).end(.done(latency: .zero), tokens: 0) }
        #expect(answer(gate) == "wait 1000")
        limits.requestsPerMinute = nil
        let other = BerthQueueTests.gate(limits, clock: clock)
        let large = try permit(other, cost: 1_000)
        #expect(answer(other, cost: 100) == "wait 1000")
        large.end(.done(latency: .zero), tokens: 400)
        #expect(answer(other, cost: 600) == "now")
    }

    @Loop @Test func `a Retry-After lets nothing through before it is over`() throws {
        let (clock, gate) = (clock, gate(clock: clock))
        try permit(gate).end(.failed(.rateLimited(retryAfter: .seconds(2))))
        let limit = gate.limit
        #expect(limit == 4 && answer(gate).hasPrefix("wait 2"))
        clock.advance(by: .milliseconds(1_999))
        #expect(answer(gate).hasPrefix("wait"))
        clock.advance(by: .milliseconds(201))
        #expect(answer(gate) == "now")
    }

    @Loop @Test func `a 429 without a time makes its own pauses, that grow by refusals in a row`()
        throws
    {
        let (clock, gate) = (clock, gate(clock: clock))
        for most in [1_100, 2_100, 4_100] {
            let both = (try permit(gate), gate.limit > 1 ? try permit(gate) : nil)
            both.0.end(.failed(.rateLimited(retryAfter: nil)))
            both.1?.end(.failed(.rateLimited(retryAfter: nil)))
            let wait = Int(answer(gate, of: "ann").dropFirst("wait ".count)) ?? 0
            #expect(wait > most / 2 - 100 && wait <= most + most / 10)
            // The limit is halved at most once a second.
            clock.advance(by: .milliseconds(max(wait, 1_000) + 1))
        }
        let limit = gate.limit
        #expect(limit == 1)
    }

    @Loop @Test func `one answer makes the own pauses short again`() throws {
        let (clock, gate) = (clock, gate(clock: clock))
        for _ in 0..<4 {
            try permit(gate).end(.failed(.rateLimited(retryAfter: nil)))
            clock.advance(by: .seconds(10))
        }
        try permit(gate).end(.done(latency: .milliseconds(1)))
        try permit(gate).end(.failed(.rateLimited(retryAfter: nil)))
        clock.advance(by: .milliseconds(1_100))
        #expect(answer(gate) == "now")
    }

    @Loop @Test func `a failed call gives its tokens back, a cancelled one does not`() throws {
        let gate = gate(ProviderLimits(tokensPerMinute: 600, concurrency: 9), clock: clock)
        try permit(gate, cost: 100).end(.failed(.broken))
        try permit(gate, cost: 100).end(.cancelled)
        #expect(answer(gate, cost: 100) == "wait 10000")
    }

    @Loop @Test func `a pause longer than the patience closes it`() throws {
        let gate = gate(clock: clock)
        try permit(gate).end(.failed(.overloaded(retryAfter: .seconds(60))))
        #expect(answer(gate).hasPrefix("closed has asked for a pause 6"))
    }

    @Loop @Test func `five failures close it, one probe opens it, both are said once`() throws {
        let lines = Mutex<[String]>([])
        let log = Log(level: .info) { line in lines.withLock { $0.append(line) } }
        let (clock, gate) = (clock, gate(clock: clock, log: log))
        try fail(gate, 5)
        #expect(answer(gate).hasPrefix("closed keeps failing and is not called for now 2"))
        clock.advance(by: .milliseconds(2_500))
        let probe = try permit(gate)
        #expect(answer(gate) == "closed keeps failing and is not called for now")
        probe.end(.done(latency: .milliseconds(1)))
        #expect(answer(gate) == "now")
        let count = lines.withLock { $0.count { !$0.contains("tenant=t") } }
        #expect(count == 2)
    }

    @Loop
    @Test(
        arguments: [
            (.done(latency: .zero), 8), (.cancelled, 8), (.failed(.refused), 8),
            (.failed(.broken), 8),
            (.failed(.unusable), 8), (.failed(.unreachable), 8), (.failed(.timedOut), 4),
            (.failed(.overloaded(retryAfter: nil)), 4),
            (.failed(.rateLimited(retryAfter: nil)), 4),
        ] as [(CallOutcome, Int)]
    )
    func `what overruns the provider halves the calls at once`(outcome: CallOutcome, limit: Int)
        throws
    {
        let gate = gate(clock: clock)
        try permit(gate).end(outcome)
        let now = gate.limit
        #expect(now == limit)
    }

    @Loop @Test func `a pause of one model leaves the calls of a model that answers`() throws {
        let gate = gate(clock: clock)
        try permit(gate, of: "ben", model: "m1").end(.done(latency: .milliseconds(1)))
        clock.advance(by: .milliseconds(300))
        try permit(gate, model: "m2").end(.failed(.rateLimited(retryAfter: .seconds(60))))
        let beside = gate.limit
        #expect(beside == 8)
        // A model that answered before says nothing about the provider now.
        clock.advance(by: .seconds(120))
        try permit(gate, model: "m2").end(.failed(.rateLimited(retryAfter: .seconds(60))))
        let alone = gate.limit
        #expect(alone == 4)
    }

    /// The gate's decision after each outcome of a probe.
    @Loop
    @Test(
        arguments: [
            (.done(latency: .zero), "now"), (.failed(.refused), "now"), (.cancelled, "now"),
            (.failed(.broken), "closed"), (.failed(.timedOut), "closed"),
            (.failed(.unusable), "closed"),
            (.failed(.rateLimited(retryAfter: .seconds(1))), "wait"),
            (.failed(.overloaded(retryAfter: nil)), "closed"),
            (.failed(.unreachable), "now"),
        ] as [(CallOutcome, String)]
    )
    func `a probe's end decides`(outcome: CallOutcome, next: String) throws {
        let (clock, gate) = (clock, gate(clock: clock))
        try fail(gate, 5)
        clock.advance(by: .seconds(3))
        try permit(gate).end(outcome)
        #expect(answer(gate).hasPrefix(next))
    }

    @Loop @Test func `a permit that is dropped counts as cancelled`() async throws {
        let gate = gate(ProviderLimits(concurrency: 1), clock: clock)
        let ended = Wakeup()
        gate.onChange = { ended.signal() }
        _ = try permit(gate)
        try await ended.wait()
        let running = gate.running
        #expect(running == 0)
    }

    // MARK: Helpers

    /// Has `count` requests of as many tenants fail.
    @Loop private func fail(_ gate: ProviderGate, _ count: Int) throws {
        for number in 0..<count {
            try permit(gate, of: "t\(number)").end(.failed(.broken))
        }
    }

    @Loop private func permit(
        _ gate: ProviderGate,
        cost: Int = 1,
        of tenant: String = "ann",
        model: String = ""
    ) throws -> Permit {
        let request = WorkRequest(
            lane: .chat,
            tenant: tenant,
            cost: .chat,
            tokens: cost,
            model: model
        )
        guard case .now(let permit) = gate.admit(request) else { throw QueueError.stopped }
        return permit
    }

    /// Returns the gate's decision in words.
    ///
    /// A permit is given back together with its tokens.
    @Loop private func answer(
        _ gate: ProviderGate,
        cost: Int = 1,
        of tenant: String = "fresh"
    ) -> String {
        let request = WorkRequest(lane: .chat, tenant: tenant, cost: .chat, tokens: cost)
        switch gate.admit(request) {
        case .now(let permit):
            permit.end(.cancelled, tokens: 0)
            return "now"
        case .busy: return "busy"
        case .wait(let instant):
            return "wait \((instant - clock.now).milliseconds(roundedUp: true))"
        case .closed(let closure, let instant):
            let words = closure.description.split(separator: "' ").last ?? ""
            guard let instant else { return "closed \(words)" }
            return "closed \(words) \((instant - clock.now).milliseconds(roundedUp: true))"
        }
    }
}
