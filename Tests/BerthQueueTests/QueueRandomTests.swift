import BerthLoop
import BerthTestKit
import Testing

@testable import BerthQueue

/// Random sequences of operations, after which every entry was served once, was cancelled, or is
/// still queued.
@Suite(.loop, .timeLimit(.minutes(20))) struct QueueRandomTests {
    @Loop @Test(arguments: [1, 2, 3, 4, 5, 6, 7, 8] as [UInt64])
    func `no entry is lost or given twice, and each tenant's come in order`(seed: UInt64) throws {
        let (clock, bound) = (ManualClock(), QueueBound(perTenant: 40, total: 150))
        let queue = FairQueue<Int>(in: .quiet(clock), bound: bound)
        var random = SeededGenerator(seed: seed)
        var (waiting, number, refused) = ([Int: QueueTicket<Int>](), 0, 0)
        var last: [String: Int] = [:]
        for _ in 0..<20_000 {
            switch random.next() % 8 {
            case 0...3:
                number += 1
                let cost = WorkCost(units: Int64(random.next() % 50_000_000))
                let lane = Lane.allCases[Int(random.next() % 3)]
                do throws(QueueError) {
                    waiting[number] = try queue.enqueue(
                        number,
                        lane: lane,
                        tenant: "\(random.next() % 12)",
                        cost: cost
                    )
                } catch { refused += 1 }
            case 4, 5:
                guard let ticket = queue.dequeue() else { continue }
                let known = waiting.removeValue(forKey: ticket.entry) === ticket
                #expect(known)
                let line = "\(ticket.lane) \(ticket.tenant)"
                #expect(last[line] ?? 0 < ticket.entry)
                last[line] = ticket.entry
                let real = WorkCost(units: Int64(random.next() % 90_000_000))
                queue.settle(
                    ticket.lane,
                    tenant: ticket.tenant,
                    predicted: ticket.cost,
                    real: real
                )
            case 6:
                guard let ticket = waiting.randomElement(using: &random)?.value else { continue }
                waiting[ticket.entry] = nil
                let was = queue.cancel(ticket)
                #expect(was)
            default:
                clock.advance(by: .seconds(Int64(random.next() % 40)))
                guard let ticket = waiting.first?.value else { continue }
                let ahead = try #require(queue.place(of: ticket)).ahead
                #expect(ahead >= 0 && ahead < waiting.count)
            }
            let (count, counted) = (queue.count, bound.waiting)
            #expect(count == waiting.count && counted == count && count <= 150)
        }
        #expect(refused > 100)
        let rest = Set(drained(queue))
        #expect(rest == Set(waiting.keys))
        let left = (queue.count, bound.waiting)
        #expect(left == (0, 0))
    }

    @Loop @Test(arguments: [1, 2, 3, 4] as [UInt64])
    func `every request is answered once, whatever the provider does`(seed: UInt64) {
        let clock = ManualClock()
        let limits = ProviderLimits(
            requestsPerMinute: 3_000,
            tokensPerMinute: 900_000,
            concurrency: 8
        )
        let gate = gate(limits, clock: clock)
        let dispatcher = Dispatcher(gate: gate, bound: QueueBound(), in: .quiet(clock))
        var random = SeededGenerator(seed: seed)
        let tally = Tally(seed: seed, clock: clock)
        for number in 0..<1_500 {
            let request = WorkRequest(
                lane: Lane.allCases[Int(random.next() % 3)],
                tenant: "\(random.next() % 9)",
                cost: .chat,
                tokens: Int(random.next() % 2_000)
            )
            let ticket = dispatcher.submit(request, answer: tally.answer(number))
            if let ticket, random.next() % 5 == 0 {
                clock.schedule(after: .milliseconds(Int64(random.next() % 3_000))) {
                    dispatcher.cancel(ticket)
                }
            }
            clock.advance(by: .milliseconds(Int64(random.next() % 40)))
        }
        clock.advance(by: .seconds(3_600))
        #expect(tally.answers == [Int](repeating: 1, count: 1_500))
        let (waiting, running, timers) = (
            Lane.allCases.map { dispatcher.waiting(in: $0) }, gate.running, clock.pending
        )
        #expect(waiting == [0, 0, 0] && running == 0 && timers == 0)
        #expect(tally.peak <= 8 && tally.permits > 300)
    }
}

/// Counts answers and ends each permit after a while with a random outcome.
@Loop private final class Tally {
    private(set) var answers = [Int](repeating: 0, count: 1_500)
    private(set) var permits = 0
    private(set) var peak = 0
    private var running = 0
    private var random: SeededGenerator
    private let clock: any Clock

    init(seed: UInt64, clock: any Clock) {
        random = SeededGenerator(seed: seed &+ 99)
        self.clock = clock
    }

    func answer(_ number: Int) -> @Loop (Result<Permit, QueueError>) -> Void {
        { result in
            self.answers[number] += 1
            if case .success(let permit) = result { self.work(permit) }
        }
    }

    private func work(_ permit: Permit) {
        permits += 1
        running += 1
        peak = max(peak, running)
        let latency = Duration.milliseconds(Int64(50 + random.next() % 400))
        clock.schedule(after: latency) {
            self.running -= 1
            permit.end(self.outcome(latency), tokens: Int(self.random.next() % 3_000))
        }
    }

    private func outcome(_ latency: Duration) -> CallOutcome {
        switch random.next() % 24 {
        case 0: .failed(.rateLimited(retryAfter: random.next() % 2 == 0 ? .seconds(1) : nil))
        case 1: .failed(.overloaded(retryAfter: nil))
        case 2: .failed(.timedOut)
        case 3, 4, 5: .failed(.broken)
        case 6: .failed(.refused)
        case 7, 8: .cancelled
        default: .done(latency: latency)
        }
    }
}
