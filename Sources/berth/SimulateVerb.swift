import BerthAdmin
import BerthConfig
import BerthHTTP
import BerthLoop
import BerthMemory
import BerthSimulation
import BerthTelemetry
import BerthText
import Glibc

/// Runs `berth simulate`: starts users and a service, and reports the outcome.
@Loop final class SimulateVerb {
    private let choices: SimulateChoices
    private let file: String?
    private let surroundings = Surroundings(log: .silent)
    private let progress = SimulationProgress()
    private var service: SimulatedService?
    private var telegram: SimulatedTelegram?
    /// The child process that ended by itself.
    private var dead: Child?
    private let death = Wakeup()

    /// Thrown on SIGINT or SIGTERM.
    private struct Interrupted: Error, CustomStringConvertible {
        let description = "interrupted; the processes that were started have been stopped"
    }

    /// The longest wait for memory to be given back after the last turn.
    private static nonisolated let settling = Duration.seconds(10)
    /// Memory counts as given back if it is at most this much above idle.
    private static nonisolated let settled = ByteCount.mebibytes(1)

    private init(_ choices: SimulateChoices, file: String?) {
        self.choices = choices
        self.file = file
    }

    /// - Returns: the exit status, which is 1 if an answer was lost or the limit was exceeded.
    static func run(_ choices: SimulateChoices, file: String?, json: Bool) async throws -> Int32 {
        FileDescriptors.raiseLimit()
        let stop = Stop()
        let signals = try Signals.watch { _ in stop.request() }
        defer { signals.cancel() }
        let verb = SimulateVerb(choices, file: file)
        let report: SimulationReport
        do {
            report = try await verb.outcome(until: stop)
        } catch {
            await verb.clear()
            throw error
        }
        await verb.clear()
        if json {
            Output.json(try JSON.encode(report))
        } else {
            Output.text(SimulationText.report(report))
        }
        return report.isGood ? 0 : 1
    }

    /// Stops everything that was started.
    private func clear() async {
        progress.say("ending")
        await service?.end()
        await telegram?.end()
        progress.clear()
    }

    /// Simulates.
    ///
    /// Throws if `stop` is requested or a child process ends before the end.
    private func outcome(until stop: Stop) async throws -> SimulationReport {
        try await withThrowingTaskGroup(of: SimulationReport.self) { group in
            group.addTask { [self] in
                choices.isVirtual ? try await live() : try await measure()
            }
            group.addTask {
                await stop.requested()
                throw Interrupted()
            }
            group.addTask {
                try await self.death.wait()
                throw await self.whyDead
            }
            defer { group.cancelAll() }
            guard let report = try await group.next() else { throw Interrupted() }
            return report
        }
    }

    private var whyDead: any Error {
        dead.map { Child.Failure.ended($0.name, lastLines: $0.lastLines) } ?? Interrupted()
    }

    private var plan: SimulationPlan {
        SimulationPlan(
            users: choices.users,
            seconds: choices.seconds,
            seed: UInt64(choices.seed),
            pictures: choices.pictures,
            telegram: choices.telegram,
            isVirtual: choices.isVirtual
        )
    }

    /// Simulates in virtual time.
    private func live() async throws -> SimulationReport {
        let day = VirtualDay(plan, faults: choices.faults)
        progress.start(plan, in: surroundings) { (day.elapsed, day.tally, nil) }
        defer { progress.stop() }
        return try await day.run()
    }

    private func measure() async throws -> SimulationReport {
        let plan = plan
        progress.say("starting")
        let service = try await open()
        let memory = MemoryWatch(process: service.process, in: surroundings)
        // Memory that start-up has freed returns to the kernel meanwhile.
        try await surroundings.clock.sleep(for: .seconds(1))
        let idle = try look(memory, service)
        let (simulation, hits) = try await play(plan, service, memory)
        progress.say("waiting until memory is given back")
        let (after, wait) = try await settle(memory, service, idle: idle)
        return SimulationReport(
            plan,
            simulation.tally,
            cacheHits: hits,
            telegram: telegram.map { SimulationReport.Calls($0.bot) },
            memory: SimulationReport.Memory(
                idle: idle,
                peak: memory.peak ?? idle,
                highWater: memory.highWater,
                after: after,
                afterMs: Int(wait.milliseconds()),
                limit: try await service.memoryLimit()
            )
        )
    }

    private func open() async throws -> SimulatedService {
        if choices.telegram > 0 { telegram = try SimulatedTelegram(in: surroundings) }
        let service =
            if let url = choices.url {
                try SimulatedService.running(at: url, file: file)
            } else {
                try await SimulatedService.start(choices, telegram?.url, in: surroundings) {
                    child in
                    self.dead = child
                    self.death.signal()
                }
            }
        self.service = service
        return service
    }

    /// Logs all users in and runs them to their end.
    private func play(
        _ plan: SimulationPlan,
        _ service: SimulatedService,
        _ memory: MemoryWatch
    ) async throws -> (Simulation, hits: Int) {
        var credentials: [PersonaCredentials] = []
        for person in plan.people where person.interface != .telegram {
            progress.say("making tenant \(person.number + 1) of \(plan.users)")
            credentials.append(try await self.credentials(of: person, service))
        }
        let simulation = Simulation(
            plan,
            origin: service.origin,
            credentials: credentials,
            telegram: telegram?.bot,
            in: surroundings
        )
        progress.say("logging in")
        try await simulation.signIn()
        let before = try await service.cacheHits()
        memory.start()
        defer { memory.stop() }
        let (begun, clock) = (surroundings.clock.now, surroundings.clock)
        progress.start(plan, in: surroundings) {
            (clock.now - begun, simulation.tally, memory.peak?.rss)
        }
        await simulation.run()
        progress.stop()
        try Task.checkCancellation()
        return (simulation, try await service.cacheHits() - before)
    }

    private func credentials(
        of person: Persona,
        _ service: SimulatedService
    ) async throws -> PersonaCredentials {
        let secrets = try await service.addTenant(person.tenant)
        guard let key = secrets.key, let token = secrets.web?.split(separator: "=").last else {
            throw AdminClient.Failure.refused("the service made a tenant without a key or link")
        }
        return PersonaCredentials(key: key, token: String(token))
    }

    /// Waits until memory is given back, at most for ``settling``.
    private func settle(
        _ memory: MemoryWatch,
        _ service: SimulatedService,
        idle: MemoryWatch.Figures
    ) async throws -> (MemoryWatch.Figures, after: Duration) {
        let begun = surroundings.clock.now
        while true {
            let now = try look(memory, service)
            let waited = surroundings.clock.now - begun
            let isDown = now.rss <= idle.rss + SimulateVerb.settled.bytes
            if isDown || waited >= SimulateVerb.settling { return (now, waited) }
            try await surroundings.clock.sleep(for: .milliseconds(250))
        }
    }

    private func look(
        _ memory: MemoryWatch,
        _ service: SimulatedService
    ) throws -> MemoryWatch.Figures {
        guard let figures = memory.look() else {
            throw AdminClient.Failure.refused(
                "/proc/\(service.process) cannot be read: the service has ended, or it belongs to "
                    + "another user"
            )
        }
        return figures
    }
}
