import BerthHTTP
package import BerthLoop
package import BerthTelemetry

/// Runs a plan against a service: everybody asks, listens, pauses and asks again.
@Loop package final class Simulation {
    /// What has happened so far.
    package private(set) var tally = SimulationTally()
    private let plan: SimulationPlan
    private let visits: [any Visit]
    private let surroundings: Surroundings

    /// How long an answer may take after the end of the time, until it counts as lost.
    package static nonisolated let grace = Duration.seconds(30)

    /// Makes the users, who have not come in.
    ///
    /// - Parameters:
    ///   - plan: says who they are and what they ask.
    ///   - origin: of the service: scheme, host and port.
    ///   - admissions: of each of the plan's people, in order.
    ///   - spreads: whether they log in from addresses of their own: of 127.0.0.0/8, so only where
    ///     the service's own address is one of them.
    ///   - surroundings: its clock measures pauses and latencies.
    package init(
        _ plan: SimulationPlan,
        origin: String,
        admissions: [Admission],
        spreads: Bool,
        in surroundings: Surroundings
    ) {
        self.plan = plan
        self.surroundings = surroundings
        let resolver = Resolver(in: surroundings)
        visits = zip(plan.people, admissions).map { person, admission in
            // A client each, as they would have: their connections are not shared.
            let client = HTTPClient(in: surroundings, resolver: resolver)
            let line = Line(origin: origin, client: client, surroundings: surroundings)
            switch person.door {
            case .api: return APIVisit(line, admission)
            case .web:
                let source = spreads ? Simulation.source(of: person.number) : nil
                return WebVisit(line, admission, from: source)
            }
        }
    }

    /// Loopback's addresses are many: one for each user.
    private static func source(of number: Int) -> IPAddress? {
        IPAddress("127.1.\(number / 250).\(number % 250 + 1)")
    }

    /// Lets everybody in, one after the other.
    ///
    /// - Throws: ``EntryError`` or `HTTPClientError` when one is not let in.
    package func enter() async throws { for visit in visits { try await visit.enter() } }

    /// Runs the plan's time and until the last answer, at most ``grace`` longer.
    package func run() async {
        let end = surroundings.clock.now + .seconds(plan.seconds)
        let latest = .seconds(plan.seconds) + Simulation.grace
        await withTaskGroup(of: Bool.self) { group in
            for (person, visit) in zip(plan.people, visits) {
                group.addTask {
                    await self.live(person, visit, until: end)
                    return true
                }
            }
            group.addTask { [surroundings] in
                try? await surroundings.clock.sleep(for: latest)  // cancelled: everybody has ended
                return false
            }
            var left = visits.count
            while left > 0, await group.next() == true { left -= 1 }
            group.cancelAll()
        }
    }

    private func live(_ person: Persona, _ visit: any Visit, until end: Instant) async {
        var person = person
        while !Task.isCancelled {
            let turn = person.next()
            guard surroundings.clock.now + turn.pause < end else { return }
            do { try await surroundings.clock.sleep(for: turn.pause) } catch { return }
            tally.ask(person.door)
            tally.end(await visit.ask(turn), person.door)
        }
    }
}
