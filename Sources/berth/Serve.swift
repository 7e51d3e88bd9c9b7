import BerthAdmin
import BerthBot
import BerthCache
import BerthChannels
import BerthConfig
import BerthHTTP
import BerthLoop
import BerthMemory
import BerthProviders
import BerthStore
import BerthTelemetry
import Glibc

/// `berth serve`: makes every part in the order of its dependencies, runs them until SIGTERM or
/// SIGINT, and ends in good order.
@Loop enum Serve {
    /// How long open answers may take after the signal; ``Turns`` closes its own sooner.
    private static let grace = Duration.seconds(20)

    static func run(_ choices: ServeChoices, file: String?) async throws {
        let loaded = try ConfigurationFile.load(path: file, environment: Environment.value)
        var configuration = loaded.configuration
        if let listen = choices.listen { configuration.listen(on: listen) }
        let log = Log(level: choices.level ?? .info, format: choices.format ?? .text)
        guard TimeZone.use(configuration.timezone) else {
            throw ServeError.timezone(configuration.timezone)
        }
        FileDescriptors.raiseLimit()
        let stop = Stop()
        let signals = try Signals.watch { number in
            log.info("stopping", ["signal": .int(number)])
            stop.request()
        }
        defer { signals.cancel() }
        var costs = MemoryFixedCosts()
        costs.mark("runtime, loop, configuration", accounted: .zero)
        let folder = try DataFolder(path: configuration.data)
        let store = try await Database.open(in: folder, log: log)
        costs.mark("database's thread", accounted: SQLiteMemory.read().used)
        do {
            let parts = try await Parts(configuration, folder, store, costs, log)
            try await parts.weigh()
            parts.announce(loaded)
            try await run(parts, until: stop, log)
        } catch {
            await store.close()
            throw error
        }
        await store.close()
        log.info("stopped")
    }

    private static func run(_ parts: Parts, until stop: Stop, _ log: Log) async throws {
        do {
            try await serve(parts.services, until: stop, grace: grace, clock: parts.clock)
        } catch let error as GraceExceeded {
            // An answer that takes longer than that is its client's loss, not the service's failure.
            log.warning("stopped late", ["why": .describing(error)])
        } catch {
            await parts.finish()
            throw error
        }
        await parts.finish()
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

/// Everything that a service consists of.
@Loop private final class Parts {
    let clock = SystemClock()
    let services: [any Service]
    private let configuration: Configuration
    private let server: HTTPServer
    private let bot: Bot
    private let budget: MemoryBudget
    private let keeper: MemoryKeeper
    private let memory: MemoryReports
    private let log: Log

    init(
        _ configuration: Configuration,
        _ folder: DataFolder,
        _ store: any Store,
        _ costs: MemoryFixedCosts,
        _ log: Log
    ) async throws {
        self.log = log
        var costs = costs
        let late = LateFront()
        server = try Parts.server(configuration, late, clock, log)
        var configuration = configuration
        // Port 0 takes any free one, which links must name.
        configuration.listen(on: HostPort(host: configuration.listen.host, port: server.port))
        self.configuration = configuration
        let (metrics, resolver) = (Metrics(), Resolver(clock: clock))
        let agent = "berth/\(Berth.version)"
        let client = HTTPClient(clock: clock, log: log, userAgent: agent, resolver: resolver)
        costs.mark("HTTP, TLS and their libraries", accounted: SQLiteMemory.read().used)
        let reserve = MemoryBudget.usualReserve
        budget = MemoryBudget(limit: configuration.memory.limit, holdingBack: reserve)
        // The turns of the last run go on before the service is weighed: not on its own memory.
        if let held = KernelMemory.read().process?.resident { budget.setFixed(resident: held) }
        let redis = Parts.redis(configuration, resolver, clock, log)
        bot = try await Bot(
            configuration,
            store: store,
            budget: budget,
            client: client,
            clock: clock,
            log: log,
            metrics: metrics,
            redis: redis
        )
        let weighed = MemoryKeeper.Parts(budget, store, bot, client, server)
        keeper = MemoryKeeper(weighed, clock: clock, log: log)
        memory = MemoryReports(weighed, keeper, configuration, costs, clock: clock, log: log)
        let health = Health(bot, memory, store: store, metrics: metrics, log: log)
        late.front = Parts.front(configuration, bot, health, clock, log, metrics)
        let admin = AdminServer(
            bot: bot,
            memory: memory,
            store: store,
            configuration: configuration,
            owner: geteuid(),
            more: health.routes,
            clock: clock
        )
        let socket = try Parts.socket(admin, folder, clock, log)
        let cacheKeeper = Parts.cacheKeeper(bot, redis, store, clock, log)
        await cacheKeeper.load()
        let parts: [any Service] = [bot.turns, server, socket, keeper, memory, cacheKeeper]
        services = parts + (redis.map { [$0] } ?? [])
    }

    /// What the public address answers.
    private static func front(
        _ configuration: Configuration,
        _ bot: Bot,
        _ health: Health,
        _ clock: any Clock,
        _ log: Log,
        _ metrics: Metrics
    ) -> Front {
        Front(
            configuration,
            bot: bot,
            more: health.routes,
            clock: clock,
            log: log,
            metrics: metrics
        )
    }

    /// Keeps what the cache is asked for most.
    private static func cacheKeeper(
        _ bot: Bot,
        _ redis: RedisClient?,
        _ store: any Store,
        _ clock: any Clock,
        _ log: Log
    ) -> CacheKeeper {
        CacheKeeper(cache: bot.cache, redis: redis, store: store, clock: clock, log: log)
    }

    /// The cache's Redis, where there is one.
    private static func redis(
        _ configuration: Configuration,
        _ resolver: Resolver,
        _ clock: any Clock,
        _ log: Log
    ) -> RedisClient? {
        configuration.redis.map { address in
            RedisClient(
                address: address,
                clock: clock,
                log: log,
                resolve: { host, limit in
                    await resolver.addresses(of: host, within: limit).map(\.description)
                }
            )
        }
    }

    private static func socket(
        _ admin: AdminServer,
        _ folder: DataFolder,
        _ clock: any Clock,
        _ log: Log
    ) throws -> HTTPServer {
        try HTTPServer(
            listen: .unix(path: folder.path(of: AdminServer.socketName)),
            clock: clock,
            log: log,
            refusal: Front.refuse,
            handler: { request in await admin.answer(request) }
        )
    }

    private static func server(
        _ configuration: Configuration,
        _ late: LateFront,
        _ clock: any Clock,
        _ log: Log
    ) throws -> HTTPServer {
        var limits = HTTPServerLimits()
        limits.body = configuration.limits.body
        limits.connections = configuration.limits.connections
        return try HTTPServer(
            listen: .tcp(host: configuration.listen.host, port: configuration.listen.port),
            limits: limits,
            clock: clock,
            log: log,
            refusal: Front.refuse,
            handler: { request in await late.answer(request) }
        )
    }

    /// Returns when all that was begun is on the disk.
    func finish() async { await bot.finish() }

    /// Finds out what the service itself holds, and whether its limit leaves anything beside.
    ///
    /// - Throws: ``LimitTooLow``.
    func weigh() async throws {
        do { try await keeper.start() } catch {
            await finish()
            throw error
        }
        memory.mark("service: tenants, routes, metrics")
    }

    /// Says where the service is, what it may hold and what it leaves aside.
    func announce(_ file: ConfigurationFile) {
        log.info(
            "serving",
            [
                "version": .text(Berth.version), "url": .text("\(configuration.url)"),
                "listen": .text("\(configuration.listen.host):\(server.port)"),
                "data": .text(configuration.data), "tenants": .int(bot.tenants.all.count),
                "models": .text(bot.models.names.joined(separator: ",")),
                "config": .text(file.path ?? "built-in defaults"),
            ]
        )
        let ledger = budget.standing
        log.info(
            "memory limit",
            [
                "limit": .describing(ledger.limit), "from": .text(configuration.memory.source),
                "held_now": .describing(ledger.fixed), "for_work": .describing(ledger.free),
                "share": .describing(ledger.share),
                "absent": .text(keeper.standing.kernel?.absent.joined(separator: "; ") ?? "-"),
            ]
        )
        guard !file.unused.isEmpty else { return }
        log.warning(
            "configured, but this build does not act on it yet",
            ["keys": .text(file.unused.joined(separator: ", "))]
        )
    }
}

/// The front, which is made after the server: it must know the server's port.
@Loop private final class LateFront {
    var front: Front?

    func answer(_ request: HTTPRequest) async -> HTTPResponse {
        guard let front else { return .error(503, "the service is starting: try again") }
        return await front.answer(request)
    }
}
