package import BerthHTTP
package import BerthLoop
package import BerthTelemetry

/// A run of a plan against a service.
///
/// Every persona asks, reads the answer, pauses and asks again.
@Loop package final class Simulation {
    /// The counts so far.
    package private(set) var tally = SimulationTally()
    private let plan: SimulationPlan
    private let clients: [any PersonaClient]
    private let surroundings: Surroundings

    /// Makes the personas' clients, which are not signed in yet.
    ///
    /// - Parameters:
    ///   - plan: the personas and their questions.
    ///   - origin: the service's scheme, host and port.
    ///   - credentials: the credentials of each of the plan's personas, in order.
    ///   - spreads: whether each persona logs in from its own address in 127.0.0.0/8. The service
    ///     must listen on an address of that network.
    ///   - network: the network within the process on which the service listens, or nil for the
    ///     machine's.
    ///   - surroundings: their clock measures pauses and latencies.
    package init(
        _ plan: SimulationPlan,
        origin: String,
        credentials: [PersonaCredentials],
        spreads: Bool,
        over network: InMemoryNetwork? = nil,
        in surroundings: Surroundings
    ) {
        self.plan = plan
        self.surroundings = surroundings
        let resolver = Resolver(in: surroundings)
        clients = zip(plan.people, credentials).map { person, credentials in
            // Each persona has its own HTTP client, because real users share no connections.
            let client: any HTTPSending =
                network ?? HTTPClient(in: surroundings, resolver: resolver)
            let service = ServiceEndpoint(
                origin: origin,
                client: client,
                surroundings: surroundings
            )
            switch person.interface {
            case .api: return APIClient(service, credentials)
            case .web:
                let source = spreads ? Simulation.source(of: person.number) : nil
                return WebClient(service, credentials, from: source)
            }
        }
    }

    /// Returns the loopback address of a persona.
    private static func source(of number: Int) -> IPAddress? {
        IPAddress("127.1.\(number / 250).\(number % 250 + 1)")
    }

    /// Signs all personas in, one after another.
    ///
    /// - Throws: ``SignInError`` or `HTTPClientError` if one of them fails.
    package func signIn() async throws {
        for client in clients { try await client.signIn() }
    }

    /// Runs the plan for its duration, then waits for the last answers.
    ///
    /// An answer that has not ended ``SimulationPlan/grace`` later is lost.
    package func run() async {
        let end = surroundings.clock.now + .seconds(plan.seconds)
        let latest = .seconds(plan.seconds) + plan.grace
        await withTaskGroup(of: Bool.self) { group in
            for (person, client) in zip(plan.people, clients) {
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
            var left = clients.count
            while left > 0, await group.next() == true { left -= 1 }
            group.cancelAll()
        }
    }

    private func live(_ person: Persona, _ client: any PersonaClient, until end: Instant) async {
        var person = person
        while !Task.isCancelled {
            let turn = person.next()
            guard surroundings.clock.now + turn.pause < end else { return }
            do { try await surroundings.clock.sleep(for: turn.pause) } catch { return }
            tally.ask(person.interface, isPicture: turn.isPicture)
            let result = await client.ask(turn)
            tally.end(result, person.interface, isPicture: turn.isPicture)
        }
    }
}
