import BerthAdmin
import BerthConfig
import BerthLoop
import BerthMemory
import BerthService
import BerthTelemetry

/// `berth serve`: makes the service, runs it until SIGTERM or SIGINT, and ends it in good order.
@Loop enum Serve {
    static func run(_ choices: ServeChoices, file: String?) async throws {
        let loaded = try ConfigurationFile.load(path: file, environment: Environment.value)
        var configuration = loaded.configuration
        if let listen = choices.listen { configuration.listen(on: listen) }
        let log = Log(level: choices.level ?? .info, format: choices.format ?? .text)
        guard TimeZone.use(configuration.timezone) else {
            throw ServeError.timezone(configuration.timezone)
        }
        OpenFiles.fit(&configuration, log: log)
        let stop = Stop()
        let signals = try Signals.watch { number in
            log.info("stopping", ["signal": .int(number)])
            stop.request()
        }
        defer { signals.cancel() }
        var tuning = ServiceTuning()
        tuning.costs.mark("runtime, loop, configuration", accounted: .zero)
        let edges = Edges.machine(log: log, agent: "berth/\(Berth.version)")
        tuning.costs.mark("HTTP, TLS and their libraries", accounted: .zero)
        let service = try await Composition.make(configuration, edges, tuning: tuning)
        do {
            try await service.weigh()
            service.announce(loaded, version: Berth.version)
            try await service.run(until: stop)
        } catch {
            await service.finish()
            throw error
        }
        await service.finish()
        log.info("stopped")
    }

    enum ServeError: Error, CustomStringConvertible {
        case timezone(String)

        var description: String {
            switch self {
            case .timezone(let name): "the time zone '\(name)' is not known to this machine"
            }
        }
    }
}
