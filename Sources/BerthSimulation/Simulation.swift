package import BerthHTTP
package import BerthLoop
package import BerthTelemetry

/// A run of a plan against a service.
///
/// Every persona asks, reads the answer, pauses and asks again.
@Loop package final class Simulation {
    private var counts = SimulationTally()
    private let plan: SimulationPlan
    private let lives: [(person: Persona, client: any PersonaClient)]
    private let surroundings: Surroundings

    /// Makes the personas' clients, which are not signed in yet.
    ///
    /// - Parameters:
    ///   - plan: the personas and their questions.
    ///   - origin: the service's scheme, host and port. If the host is in 127.0.0.0/8, each persona
    ///     logs in from its own address there.
    ///   - credentials: the credentials of each of the plan's personas outside of Telegram, in order.
    ///   - network: the network within the process on which the service listens, or nil for the
    ///     machine's.
    ///   - telegram: the service's bot, or nil if the plan has no personas in Telegram.
    ///   - surroundings: their clock measures pauses and latencies.
    package init(
        _ plan: SimulationPlan,
        origin: String,
        credentials: [PersonaCredentials],
        over network: InMemoryNetwork? = nil,
        telegram: FakeTelegramBot? = nil,
        in surroundings: Surroundings
    ) {
        self.plan = plan
        self.surroundings = surroundings
        let resolver = Resolver(in: surroundings)
        let spreads = origin.hasPrefix("http://127.")
        let senders = plan.people.filter { $0.interface != .telegram }
        var lives: [(person: Persona, client: any PersonaClient)] = []
        for (person, credentials) in zip(senders, credentials) {
            // Each persona has its own HTTP client, because real users share no connections.
            let client: any HTTPSending =
                network ?? HTTPClient(in: surroundings, resolver: resolver)
            let service = ServiceEndpoint(
                origin: origin,
                client: client,
                surroundings: surroundings
            )
            let source = spreads ? Simulation.source(of: person.number) : nil
            lives.append(
                person.interface == .api
                    ? (person, APIClient(service, credentials))
                    : (person, WebClient(service, credentials, from: source))
            )
        }
        for person in plan.people where person.interface == .telegram {
            guard let telegram else { break }
            lives.append((person, TelegramUser(person, telegram, in: surroundings)))
        }
        self.lives = lives
    }

    /// The counts so far.
    package var tally: SimulationTally {
        var tally = counts
        tally.doubled = lives.reduce(0) { $0 + $1.client.doubled }
        return tally
    }

    /// Returns the loopback address of a persona.
    private static func source(of number: Int) -> IPAddress? {
        IPAddress("127.1.\(number / 250).\(number % 250 + 1)")
    }

    /// Signs all personas in, one after another.
    ///
    /// - Throws: ``SignInError`` or `HTTPClientError` if one of them fails.
    package func signIn() async throws {
        for life in lives { try await life.client.signIn() }
    }

    /// Runs the plan for its duration, then waits for the last answers.
    ///
    /// An answer that has not ended ``SimulationPlan/grace`` later is lost.
    package func run() async {
        let end = surroundings.clock.now + .seconds(plan.seconds)
        let latest = .seconds(plan.seconds) + plan.grace
        await withTaskGroup(of: Bool.self) { group in
            for (person, client) in lives {
                group.addTask {
                    await self.live(person, client, until: end)
                    return true
                }
            }
            group.addTask { [surroundings] in
                // Cancelled once every persona has ended.
                try? await surroundings.clock.sleep(for: latest)
                return false
            }
            var left = lives.count
            while left > 0, await group.next() == true { left -= 1 }
            group.cancelAll()
        }
    }

    private func live(_ person: Persona, _ client: any PersonaClient, until end: Instant) async {
        var person = person
        await withTaskGroup(of: Void.self) { group in
            while !Task.isCancelled {
                let turn = person.next()
                guard surroundings.clock.now + turn.pause < end else { return }
                do { try await surroundings.clock.sleep(for: turn.pause) } catch { return }
                if turn.isFollowed {
                    let interface = person.interface
                    group.addTask { await self.ask(turn, interface, client) }
                } else {
                    await ask(turn, person.interface, client)
                    await group.waitForAll()
                }
            }
        }
    }

    private func ask(
        _ turn: PlannedTurn,
        _ interface: Persona.Interface,
        _ client: any PersonaClient
    ) async {
        counts.ask(interface, isPicture: turn.isPicture)
        let result = await client.ask(turn)
        counts.end(result, interface, isPicture: turn.isPicture)
    }
}
