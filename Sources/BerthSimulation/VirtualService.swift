import BerthCache
import BerthConfig
package import BerthHTTP
package import BerthLoop
import BerthMemory
package import BerthService
package import BerthTelemetry

/// A whole service in this process on a clock of its own, which moves to the next timer whenever
/// nothing is ready.
///
/// The service is the composition that `berth serve` runs. Its randomness comes from a seed, and its
/// network and database are in memory. It reads no file, opens no socket and works on the loop's
/// thread alone, unless a text is larger than `LargeWork.limit`.
@Loop package final class VirtualService {
    /// The time of the service, its provider and its users.
    package let clock: ManualClock
    /// The service.
    package let service: Composition
    /// The network of the service, its provider and its users.
    package let network: InMemoryNetwork
    /// The service's bot in a fake Telegram, or nil if its settings have none.
    package let telegram: FakeTelegramBot?
    /// The surroundings of the service, its provider and its users.
    package let surroundings: Surroundings
    private let services: TaskPool
    private let stop: Stop
    private let time: Task<Void, Never>

    /// The URL of the provider on the service's network.
    package static nonisolated let upstream = "http://provider.test/v1"
    /// The URL of the fake Telegram on the service's network.
    package static nonisolated let telegramURL = "http://telegram.test"

    /// Starts the service and its provider.
    ///
    /// - Parameters:
    ///   - settings: the configuration, whose provider is at ``upstream``.
    ///   - seed: of all randomness.
    ///   - events: gets everything that can be seen of the service.
    ///   - provider: makes the provider in the service's surroundings.
    /// - Throws: the error of the first part that cannot be made.
    package init(
        _ settings: SimulationSettings,
        seed: UInt64,
        events: EventLog,
        provider: @Loop (Surroundings) -> HTTPHandler
    ) async throws {
        let clock = ManualClock()
        let surroundings = Surroundings(
            clock: clock,
            entropy: Entropy(seed: seed),
            log: Log(level: .debug) { events.add(Array($0.utf8)) }
        )
        let network = InMemoryNetwork(in: surroundings)
        network.tap = { events.add($0) }
        let (services, stop) = (TaskPool(), Stop())
        let upstream = HTTPService(
            on: try network.bind(.tcp(host: "provider.test", port: 80), limits: .init()),
            provider(surroundings)
        )
        services.spawn { try? await upstream.run(until: stop) }
        var telegram: FakeTelegram?
        if settings.telegram != nil {
            let fake = FakeTelegram(client: network, in: surroundings)
            let server = HTTPService(
                on: try network.bind(.tcp(host: "telegram.test", port: 80), limits: .init()),
                fake.handler
            )
            services.spawn { try? await server.run(until: stop) }
            telegram = fake
        }
        self.telegram = telegram?.bot(SimulationSettings.bot)
        (self.clock, self.surroundings, self.network) = (clock, surroundings, network)
        let time = Loop.spawn { await clock.run() }
        (self.services, self.stop, self.time) = (services, stop, time)
        do {
            let service = try await Composition.make(
                VirtualService.configuration(settings),
                VirtualService.edges(surroundings, network)
            )
            self.service = service
            try await service.weigh()
            services.spawn { try? await service.run(until: stop) }
        } catch {
            time.cancel()
            services.cancelAll()
            throw error
        }
    }

    /// Stops the service in good order, and its clock.
    package func end() async {
        stop.request()
        await services.drain()
        await service.finish()
        time.cancel()
    }

    private static func configuration(
        _ settings: SimulationSettings
    ) throws(ConfigurationError) -> Configuration {
        let file = try ConfigurationFile.parse(
            Array(settings.text.utf8),
            file: nil,
            environment: { _ in nil },
            memory: .unbounded
        )
        return file.configuration
    }

    private static func edges(_ surroundings: Surroundings, _ network: InMemoryNetwork) -> Edges {
        var edges = Edges(
            surroundings: surroundings,
            client: network,
            network: network,
            kernel: { VirtualService.kernel },
            resolve: { _, _ in [] },
            redis: { RedisClient(address: $0, in: surroundings, resolve: $1) }
        )
        edges.disk = .memory
        return edges
    }

    /// The figures of a process with room, which never change.
    private static nonisolated let kernel = KernelMemory(
        process: ProcessMemory(resident: .mebibytes(20), anonymous: .mebibytes(4), threads: 2),
        cgroup: nil,
        pressure: nil,
        absent: []
    )
}
