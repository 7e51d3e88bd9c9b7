import BerthLoop
import BerthTestKit
import Testing

@testable import BerthQueue

/// The fairness target on a virtual clock: one tenant queues 200 requests, 49 tenants ask once
/// each, and the provider takes 300 ms a call with 8 calls at once.
@Suite(.loop, .timeLimit(.minutes(20))) struct FairnessTests {
    let clock = ManualClock()

    private func request(_ tenant: String) -> WorkRequest {
        WorkRequest(lane: .chat, tenant: tenant, cost: .chat, tokens: 100)
    }

    @Loop private func dispatcher() -> Dispatcher {
        Dispatcher(
            gate: gate(ProviderLimits(concurrency: 8), clock: clock),
            bound: QueueBound(),
            in: .quiet(clock)
        )
    }

    private func others(_ upstream: ToyUpstream) async -> [Duration] {
        await upstream.waits.filter { $0.tenant != "hog" }.map(\.wait)
    }

    @Loop @Test func `200 of one and 49 of others at once: the 49 start within 1.5 s`() async {
        let upstream = ToyUpstream(clock: clock, latency: .milliseconds(300))
        let dispatcher = dispatcher()
        for _ in 0..<200 { upstream.ask(dispatcher, request("hog")) }
        for tenant in 1...49 { upstream.ask(dispatcher, request("\(tenant)")) }
        clock.advance(by: .seconds(30))
        let waits = await others(upstream)
        let p95 = percentile(0.95, of: waits)
        #expect(upstream.waits.count == 249 && waits.count == 49)
        #expect(p95 <= .milliseconds(1_500), "p95 \(p95)")
    }

    @Loop @Test func `over 3 s, while the 200 are worked on, each of the 49 is nearly next`() async
    {
        let upstream = ToyUpstream(clock: clock, latency: .milliseconds(300))
        let (clock, dispatcher) = (clock, dispatcher())
        for _ in 0..<200 { upstream.ask(dispatcher, request("hog")) }
        for tenant in 1...49 {
            clock.advance(by: .milliseconds(61))
            upstream.ask(dispatcher, request("\(tenant)"))
        }
        clock.advance(by: .seconds(30))
        let p95 = percentile(0.95, of: await others(upstream))
        #expect(p95 <= .milliseconds(600), "p95 \(p95)")
    }

    /// Eight calls are running already, so in any order the 47th of the 49 starts after 1.8 s at
    /// the earliest.
    ///
    /// It starts exactly then.
    @Loop @Test func `behind 8 running calls the 49 wait as short as any order allows`() async {
        let upstream = ToyUpstream(clock: clock, latency: .milliseconds(300))
        let (clock, dispatcher) = (clock, dispatcher())
        for _ in 0..<200 { upstream.ask(dispatcher, request("hog")) }
        clock.advance(by: .zero)
        for tenant in 1...49 { upstream.ask(dispatcher, request("\(tenant)")) }
        clock.advance(by: .seconds(30))
        let p95 = percentile(0.95, of: await others(upstream))
        #expect(p95 <= .milliseconds(1_800), "p95 \(p95)")
    }

    @Loop @Test func `while all have work, all get the same`() {
        let upstream = ToyUpstream(clock: clock, latency: .milliseconds(300))
        let (clock, dispatcher) = (clock, dispatcher())
        for tenant in 1...10 {
            for _ in 0..<(tenant == 1 ? 200 : 30) { upstream.ask(dispatcher, request("\(tenant)")) }
        }
        clock.advance(by: .seconds(8))
        let shares = (1...10).map { tenant in
            Double(upstream.waits.count { $0.tenant == "\(tenant)" })
        }
        let index = jainIndex(shares)
        #expect(index > 0.99, "Jain \(index) of \(shares)")
        #expect(upstream.peak == 8)
    }

    @Loop @Test func `in cost, not in requests: dear and cheap tenants get the same worth`() throws
    {
        let queue = FairQueue<Int>(
            in: .quiet(clock),
            bound: QueueBound(perTenant: 2_000, total: 9_000)
        )
        for tenant in 0..<6 {
            for _ in 0..<1_000 {
                let cost = WorkCost(units: 1_000_000 * Int64(1 + tenant * tenant))
                _ = try queue.enqueue(tenant, lane: .chat, tenant: "\(tenant)", cost: cost)
            }
        }
        var worth = [Double](repeating: 0, count: 6)
        for _ in 0..<1_200 {
            guard let ticket = queue.dequeue() else { break }
            worth[ticket.entry] += Double(ticket.cost.units)
        }
        #expect(jainIndex(worth) > 0.995, "\(worth)")
    }

    @Loop @Test func `wrong predictions even out by settling`() throws {
        let queue = FairQueue<Int>(
            in: .quiet(clock),
            bound: QueueBound(perTenant: 2_000, total: 9_000)
        )
        for tenant in 0..<2 {
            for _ in 0..<1_000 {
                _ = try queue.enqueue(tenant, lane: .chat, tenant: "\(tenant)", cost: .chat)
            }
        }
        var worth = [0.0, 0.0]
        for _ in 0..<800 {
            guard let ticket = queue.dequeue() else { break }
            // Tenant 1's answers cost three times as much as predicted.
            let real = WorkCost(units: ticket.cost.units * (ticket.entry == 1 ? 3 : 1))
            queue.settle(.chat, tenant: ticket.tenant, predicted: ticket.cost, real: real)
            worth[ticket.entry] += Double(real.units)
        }
        #expect(jainIndex(worth) > 0.999, "\(worth)")
    }
}
