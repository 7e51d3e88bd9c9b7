import BerthLoop
import BerthTestKit
import Testing

@testable import BerthQueue

/// One tenant's trouble at a gate, which stays that tenant's.
@Suite(.loop, .timeLimit(.minutes(20))) struct TroubleTests {
    let clock = ManualClock()

    @Loop private func request(
        _ tenant: String,
        _ model: String = "m",
        _ mark: RequestMark = RequestMark()
    ) -> WorkRequest {
        WorkRequest(lane: .chat, tenant: tenant, model: model, mark: mark, tokens: 1) { .chat }
    }

    /// Makes a call and ends it, or returns false if it is not admitted.
    @Loop @discardableResult private func call(
        _ gate: ProviderGate,
        _ request: WorkRequest,
        _ outcome: CallOutcome
    ) -> Bool {
        guard case .now(let permit) = gate.admit(request) else { return false }
        permit.end(outcome, tokens: 0)
        return true
    }

    @Loop private func ask(
        _ gate: ProviderGate,
        _ tenant: String,
        _ model: String = "m",
        _ outcome: CallOutcome = .done(latency: .zero)
    ) -> Bool { call(gate, request(tenant, model), outcome) }

    @Loop private func isOpen(_ gate: ProviderGate, _ tenant: String, _ model: String = "m") -> Bool
    {
        gate.obstacle(to: request(tenant, model), at: clock.now) == nil
    }

    /// Failures that a request of one tenant may be the reason for.
    private static let failures: [CallFailure] = [
        .broken, .timedOut, .overloaded(retryAfter: nil), .unusable,
    ]

    @Loop @Test(arguments: failures)
    func `the failures of one tenant hold back that tenant alone`(failure: CallFailure) {
        let (clock, gate) = (clock, gate(clock: clock))
        var (hers, others) = (0, 0)
        for _ in 0..<300 {
            if ask(gate, "ann", "m", .failed(failure)) { hers += 1 }
            if ask(gate, "bob") { others += 1 }
            clock.advance(by: .milliseconds(100))
        }
        #expect(others == 300 && hers < 20)
        let limit = gate.limit
        #expect(limit >= 4)
        let blocked = gate.blocked.map { [$0.model, $0.tenant] }
        #expect(blocked == [["m", "ann"]])
    }

    @Loop @Test(arguments: failures)
    func `a tenant that is alone is held back without closing the model`(failure: CallFailure) {
        let (clock, gate) = (clock, gate(clock: clock))
        var calls = 0
        for _ in 0..<600 {
            if ask(gate, "ann", "m", .failed(failure)) { calls += 1 }
            clock.advance(by: .milliseconds(100))
        }
        // Five calls, and the probes after 2, 4, 8, 16 and 32 s.
        #expect(calls <= 10)
        #expect(isOpen(gate, "bob") && isOpen(gate, "ann", "other"))
    }

    @Loop @Test func `failures of several tenants close the model, and leave its siblings open`() {
        let gate = gate(clock: clock)
        for number in 0..<5 { _ = ask(gate, "t\(number % 2)", "m", .failed(.broken)) }
        #expect(!isOpen(gate, "bob") && isOpen(gate, "bob", "other"))
    }

    @Loop @Test func `an answer to anybody keeps the model open for a while`() {
        let (clock, gate) = (clock, gate(clock: clock))
        _ = ask(gate, "bob")
        for number in 0..<20 { _ = ask(gate, "t\(number)", "m", .failed(.broken)) }
        #expect(isOpen(gate, "bob"))
        clock.advance(by: .seconds(31))
        _ = ask(gate, "late", "m", .failed(.broken))
        #expect(!isOpen(gate, "bob"))
    }

    @Loop @Test func `an answer that is under way counts as one`() throws {
        let gate = gate(ProviderLimits(concurrency: 99), clock: clock)
        guard case .now(let permit) = gate.admit(request("bob")) else { return }
        permit.beginAnswer()
        for number in 0..<20 { _ = ask(gate, "t\(number)", "m", .failed(.broken)) }
        #expect(isOpen(gate, "cy"))
        permit.end(.failed(.broken))
        #expect(isOpen(gate, "cy"))
    }

    @Loop @Test func `one request that fails again and again counts once`() {
        let gate = gate(clock: clock)
        let poison = request("ann")
        for _ in 0..<4 { call(gate, poison, .failed(.broken)) }
        for _ in 0..<3 { _ = ask(gate, "bob", "m", .failed(.broken)) }
        #expect(isOpen(gate, "cy"))
        _ = ask(gate, "bob", "m", .failed(.broken))
        #expect(!isOpen(gate, "cy"))
    }

    @Loop @Test func `several closed models close the provider, and one answer opens it`() {
        let (clock, gate) = (clock, gate(clock: clock))
        for model in ["one", "two"] {
            for number in 0..<5 { _ = ask(gate, "t\(number)", model, .failed(.broken)) }
        }
        #expect(!isOpen(gate, "bob", "three"))
        clock.advance(by: .seconds(3))
        #expect(ask(gate, "bob", "three") && isOpen(gate, "bob", "three"))
    }

    @Loop @Test func `a key that is refused to several tenants closes all models`() {
        let gate = gate(clock: clock)
        for number in 0..<5 { _ = ask(gate, "t\(number)", "m", .failed(.unusable)) }
        #expect(!isOpen(gate, "bob", "other"))
    }

    @Loop @Test func `connections that fail close the provider, also for one tenant`() {
        let (clock, gate) = (clock, gate(clock: clock))
        _ = ask(gate, "bob")
        for _ in 0..<5 { _ = ask(gate, "ann", "m", .failed(.unreachable)) }
        #expect(!isOpen(gate, "bob", "other"))
        clock.advance(by: .seconds(3))
        #expect(ask(gate, "bob", "other", .failed(.refused)) && isOpen(gate, "cy"))
    }

    @Loop @Test func `a request that has failed is no probe while a fresh one may come`() {
        let (clock, gate) = (clock, gate(clock: clock))
        let poison = request("ann")
        call(gate, poison, .failed(.broken))
        for number in 0..<5 { _ = ask(gate, "t\(number)", "m", .failed(.broken)) }
        clock.advance(by: .milliseconds(2_500))
        #expect(!call(gate, poison, .failed(.broken)))
        #expect(!ask(gate, "t1", "m", .failed(.broken)))
        #expect(ask(gate, "bob") && isOpen(gate, "cy"))
    }

    @Loop @Test func `without fresh requests a failed one probes at last`() {
        let (clock, gate) = (clock, gate(clock: clock))
        let poison = request("ann")
        call(gate, poison, .failed(.broken))
        for number in 0..<5 { _ = ask(gate, "t\(number)", "m", .failed(.broken)) }
        clock.advance(by: .seconds(5))
        #expect(call(gate, poison, .done(latency: .zero)) && isOpen(gate, "cy"))
    }

    // MARK: Pauses

    @Loop @Test func `a pause is the model's, is probed, and is lifted by an answer`() {
        let (clock, gate) = (clock, gate(clock: clock))
        let day = CallFailure.rateLimited(retryAfter: .seconds(86_400))
        _ = ask(gate, "ann", "m", .failed(day))
        #expect(!isOpen(gate, "bob") && isOpen(gate, "bob", "other"))
        clock.advance(by: .seconds(59))
        #expect(!isOpen(gate, "bob"))
        clock.advance(by: .seconds(14))
        #expect(ask(gate, "bob", "m", .failed(day)) && !isOpen(gate, "cy"))
        clock.advance(by: .seconds(100))
        #expect(!isOpen(gate, "bob"))
        clock.advance(by: .seconds(45))
        #expect(ask(gate, "bob") && isOpen(gate, "ann"))
    }

    @Loop @Test(arguments: [nil, .seconds(3)] as [Duration?])
    func `pauses that one tenant's requests cause become that tenant's`(retryAfter: Duration?) {
        let (clock, gate) = (clock, gate(clock: clock))
        var refused = 0
        for number in 0..<300 {
            _ = ask(gate, "ann", "m", .failed(.rateLimited(retryAfter: retryAfter)))
            if !ask(gate, "bob"), number > 100 { refused += 1 }
            clock.advance(by: .milliseconds(100))
        }
        #expect(refused == 0)
        let limit = gate.limit
        #expect(limit >= 2)
    }

    @Loop @Test func `a rate limit that several tenants meet pauses the model each time`() {
        let (clock, gate) = (clock, gate(clock: clock))
        _ = ask(gate, "ann", "m", .failed(.rateLimited(retryAfter: nil)))
        clock.advance(by: .seconds(2))
        _ = ask(gate, "bob")
        _ = ask(gate, "cy", "m", .failed(.rateLimited(retryAfter: nil)))
        #expect(!isOpen(gate, "bob"))
    }

    @Loop @Test func `an operator lifts what is held back, of one model or of all`() {
        let gate = gate(clock: clock)
        let day = CallFailure.rateLimited(retryAfter: .seconds(86_400))
        for model in ["one", "two"] { _ = ask(gate, "ann", model, .failed(day)) }
        for _ in 0..<5 { _ = ask(gate, "ann", "own", .failed(.broken)) }
        let one = gate.resume(model: "one")
        #expect(one == 1 && isOpen(gate, "bob", "one") && !isOpen(gate, "bob", "two"))
        let rest = gate.resume()
        #expect(rest == 2 && isOpen(gate, "ann", "own") && isOpen(gate, "bob", "two"))
        let nothing = gate.resume()
        #expect(nothing == 0)
    }

    @Loop @Test func `what is kept of tenants is bounded, and the latest trouble stays`() {
        let (clock, gate) = (clock, gate(ProviderLimits(concurrency: 999), clock: clock))
        for number in 0..<1_000 {
            _ = ask(gate, "good")
            for _ in 0..<5 { _ = ask(gate, "t\(number)", "m", .failed(.broken)) }
            clock.advance(by: .milliseconds(1))
        }
        let kept = gate.models["m"]?.tenants.count ?? 0
        #expect(kept <= ModelStanding.mostTenants)
        #expect(!isOpen(gate, "t999") && isOpen(gate, "t1"))
    }

    // MARK: The queue

    @Loop private func dispatcher(_ limits: ProviderLimits) -> (Dispatcher, ProviderGate) {
        let gate = gate(limits, clock: clock)
        return (Dispatcher(gate: gate, bound: QueueBound(), in: .quiet(clock)), gate)
    }

    @Loop @Test func `behind a short pause of a model its siblings go on`() {
        let (clock, log) = (clock, Answers())
        let (dispatcher, _) = dispatcher(ProviderLimits(concurrency: 8))
        dispatcher.submit(request("ann", "one"), answer: log.hear("first"))
        clock.advance(by: .zero)
        log.permits.removeLast().end(.failed(.rateLimited(retryAfter: .seconds(5))))
        let heard = Heard()
        let listener: PlaceListener = { if $0.cause == .paused { heard.waits.append($0.wait) } }
        dispatcher.submit(request("ann", "one"), listener: listener, answer: log.hear("one"))
        dispatcher.submit(request("ann", "two"), answer: log.hear("two"))
        dispatcher.submit(request("bob", "two"), answer: log.hear("bob"))
        clock.advance(by: .zero)
        #expect(log.words == ["first", "two", "bob"] || log.words == ["first", "bob", "two"])
        #expect(heard.waits.first.map { $0 >= .seconds(5) } == true)
        clock.advance(by: .seconds(6))
        #expect(log.words.last == "one")
        for permit in log.permits { permit.end(.cancelled) }
        let timers = clock.pending
        #expect(timers == 0)
    }

    @Loop @Test func `while others wait a tenant's running calls are at most its share`() {
        let (clock, log) = (clock, Answers())
        let (dispatcher, _) = dispatcher(ProviderLimits(concurrency: 4))
        for _ in 0..<9 { dispatcher.submit(request("ann"), answer: log.hear("ann")) }
        clock.advance(by: .zero)
        // Alone, a tenant has all permits.
        #expect(log.words.count == 4)
        for _ in 0..<9 { dispatcher.submit(request("bob"), answer: log.hear("bob")) }
        // Her calls are slow: only two end, with no cost at all for the fair queue.
        for _ in 0..<2 { log.permits.removeFirst().end(.done(latency: .zero), cost: .zero) }
        clock.advance(by: .zero)
        #expect(log.words.suffix(2) == ["bob", "bob"])
        // His are fast: he keeps two, and takes none of hers.
        for _ in 0..<5 {
            log.permits.removeLast().end(.done(latency: .zero), cost: .zero)
            clock.advance(by: .zero)
        }
        #expect(log.words.count { $0 == "bob" } == 7 && log.words.count { $0 == "ann" } == 4)
        dispatcher.stop()
        for permit in log.permits { permit.end(.cancelled) }
    }

    @Loop @Test func `a closed model refuses who waits for it, and nobody else`() {
        let (clock, log) = (clock, Answers())
        let (dispatcher, gate) = dispatcher(ProviderLimits(concurrency: 2))
        for tenant in ["a", "b"] {
            dispatcher.submit(request(tenant, "one"), answer: log.hear(tenant))
        }
        clock.advance(by: .zero)
        dispatcher.submit(request("cy", "one"), answer: log.hear("cy"))
        dispatcher.submit(request("dee", "two"), answer: log.hear("dee"))
        for tenant in ["c", "d", "e", "f"] {
            gate.end(
                Permit.Call(
                    began: clock.now,
                    tenant: tenant,
                    model: "one",
                    mark: RequestMark(),
                    tokens: 0,
                    probes: []
                ),
                .failed(.broken),
                tokens: 0
            )
        }
        log.permits.removeFirst().end(.failed(.broken))
        clock.advance(by: .zero)
        #expect(log.words[2].contains("model 'acme/one' keeps failing"))
        #expect(log.words.last == "dee")
        for permit in log.permits { permit.end(.cancelled) }
    }
}
