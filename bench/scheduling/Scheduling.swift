import BerthLoop
import BerthQueue
import BerthTelemetry

/// Measures the dispatcher's cost of a turn while other turns wait.
///
/// Prints a line `WAITING NANOSECONDS` for each number of waiting turns, the least of some rounds.
@main struct Scheduling {
    private static let rounds = 5

    static func main() {
        Loop.run {
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
    private static nonisolated let tenants = 50
    private static nonisolated let running = 8
    private static nonisolated let turns = 40_000

    private let cost = WorkCost(duration: .seconds(3), micros: 1_000)
    private let surroundings = Surroundings(entropy: Entropy(seed: 1))
    private let waiting: Int
    private let dispatcher: Dispatcher
    private var ended = 0
    private var began: Instant
    private var took = Duration.zero

    init(_ waiting: Int) {
        self.waiting = waiting
        began = surroundings.clock.now
        let limits = ProviderLimits(concurrency: Round.running)
        let gate = ProviderGate(
            provider: "bench",
            limits: limits,
            in: surroundings
        )
        let most = waiting + Round.running
        let bound = QueueBound(perTenant: most, total: most)
        dispatcher = Dispatcher(gate: gate, bound: bound, in: surroundings)
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
            if ended == first { began = surroundings.clock.now }
            if ended == first + Round.turns { took = surroundings.clock.now - began }
        }
    }
}
