import BerthLoop
import BerthQueue
import BerthTelemetry

/// Measures the dispatcher's cost of a turn while other turns wait.
///
/// Prints a line `WAITING NANOSECONDS` for each number of waiting turns, the least of some rounds.
@main struct Scheduling {
    private static let rounds = 5

    static func main() {
        EventLoop.shared.run {
            var least: [Int: Double] = [:]
            // The numbers alternate, so a slow moment of the machine affects all of them.
            for _ in 0..<rounds {
                for waiting in [10, 100, 1_000, 10_000] {
                    let cost = await Round(waiting).nanoseconds()
                    least[waiting] = min(least[waiting] ?? cost, cost)
                }
            }
            for (waiting, cost) in least.sorted(by: { $0.key < $1.key }) {
                print(waiting, Int(cost.rounded()))
            }
        }
    }
}

/// The waiting and the running tasks of 50 tenants.
///
/// Each task gets a permit, ends it as after a good answer, and queues again, so the queue keeps
/// its length.
@Loop private final class Round {
    private static nonisolated let (tenants, running, turns) = (50, 8, 40_000)

    private let cost = WorkCost(duration: .seconds(3), micros: 1_000)
    private let clock = SystemClock()
    private let waiting: Int
    private let dispatcher: Dispatcher
    private var ended = 0
    private var began: Instant
    private var took = Duration.zero

    init(_ waiting: Int) {
        self.waiting = waiting
        began = clock.now
        let limits = ProviderLimits(concurrency: Round.running)
        let gate = ProviderGate(
            provider: "bench",
            limits: limits,
            clock: clock,
            random: SeededGenerator(seed: 1),
            log: Log()
        )
        let most = waiting + Round.running
        let bound = QueueBound(perTenant: most, total: most)
        dispatcher = Dispatcher(gate: gate, bound: bound, clock: clock)
    }

    func nanoseconds() async -> Double {
        let pool = TaskPool()
        for number in 0..<waiting + Round.running {
            pool.spawn { await self.work(for: "tenant \(number % Round.tenants)") }
        }
        await pool.drain()
        return took.seconds * 1e9 / Double(Round.turns)
    }

    private func work(for tenant: String) async {
        let cost = cost
        let request = WorkRequest(lane: .chat, tenant: tenant, tokens: 100) { cost }
        // The first pass starts the tasks and the last empties the queue, so neither counts.
        let first = waiting + Round.running
        while ended < first + Round.turns {
            guard let permit = try? await dispatcher.acquire(request) else { return }
            permit.end(.done(latency: .milliseconds(1)), cost: cost)
            ended += 1
            if ended == first { began = clock.now }
            if ended == first + Round.turns { took = clock.now - began }
        }
    }
}
