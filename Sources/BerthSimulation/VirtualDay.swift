import BerthBot
import BerthCache
import BerthHTTP
package import BerthLoop
import BerthService
import BerthStore
import BerthTelemetry
import BerthText

/// A simulation in virtual time: seeded users of a ``VirtualService``, whose provider is a
/// ``FakeOpenAI`` in the same process.
///
/// A run is a function of its plan and its faults.
@Loop package final class VirtualDay {
    /// The events of the service.
    package let events: EventLog
    private let plan: SimulationPlan
    private let faults: Int
    private var simulation: Simulation?
    private var clock: ManualClock?

    /// The pace of the provider.
    private static nonisolated let pace = FakeOpenAI.Pace(
        delay: .milliseconds(300),
        gap: .milliseconds(40),
        tokens: 10
    )
    /// The context window, with which no request is so large that it is read on another thread.
    private static nonisolated let context = 1024

    /// Makes a simulation that has not begun.
    ///
    /// - Parameters:
    ///   - plan: the users and their questions, and the seed of all randomness.
    ///   - faults: the share of the provider's answers that fail, in percent.
    ///   - events: gets the service's events.
    package init(_ plan: SimulationPlan, faults: Int, events: EventLog = EventLog()) {
        self.plan = plan
        self.faults = faults
        self.events = events
    }

    /// The counts so far.
    package var tally: SimulationTally { simulation?.tally ?? SimulationTally() }
    /// The virtual time that has passed.
    package var elapsed: Duration { clock.map { $0.now - Instant(nanoseconds: 0) } ?? .zero }

    /// Runs the simulation to its end.
    ///
    /// - Returns: its report.
    /// - Throws: the error of a service that cannot be made or asked, or `CancellationError`.
    package func run() async throws -> SimulationReport {
        var settings = SimulationSettings(
            users: plan.everybody,
            upstream: VirtualService.upstream
        )
        if plan.telegram > 0 { settings.telegram = VirtualService.telegramURL }
        settings.context = VirtualDay.context
        var fake: FakeOpenAI?
        let world = try await VirtualService(settings, seed: plan.seed, events: events) {
            let made = FakeOpenAI(pace: VirtualDay.pace, faults: faults, in: $0)
            fake = made
            return made.handler
        }
        clock = world.clock
        do {
            let simulation = try await begin(in: world)
            self.simulation = simulation
            await simulation.run()
            try Task.checkCancellation()
            // The calls of the last answers are settled meanwhile.
            try await world.clock.sleep(for: .seconds(60))
            let spent = try await world.service.database.usageTotal().settled[.micros]
            let hits = world.service.bot.cache.statistics.hits
            await world.end()
            return SimulationReport(
                plan,
                simulation.tally,
                cacheHits: hits,
                telegram: world.telegram.map { SimulationReport.Calls($0) },
                virtual: SimulationReport.Virtual(
                    boughtTwice: fake.map(boughtTwice) ?? 0,
                    micros: spent,
                    events: events.count,
                    digest: events.digest
                )
            )
        } catch {
            await world.end()
            throw error
        }
    }

    /// Makes the users' tenants and signs the users in.
    private func begin(in world: VirtualService) async throws -> Simulation {
        let bot = world.service.bot
        var credentials: [PersonaCredentials] = []
        for person in plan.people where person.interface != .telegram {
            let (tenant, key) = try await bot.tenants.add(person.tenant)
            let link = try await bot.access.link(for: tenant)
            let token = link.split(separator: "=").last.map(String.init) ?? ""
            credentials.append(PersonaCredentials(key: key.text, token: token))
        }
        let simulation = Simulation(
            plan,
            origin: "http://127.0.0.1:\(world.service.server.port)",
            credentials: credentials,
            over: world.network,
            telegram: world.telegram,
            in: world.surroundings
        )
        try await simulation.signIn()
        return simulation
    }

    /// The number of answers that the provider has begun again for a question that was asked once.
    private func boughtTwice(_ fake: FakeOpenAI) -> Int {
        fake.counts.sold.reduce(0) { sum, sold in
            sum + (plan.isRepeated(sold.key) ? 0 : sold.value - 1)
        }
    }
}
