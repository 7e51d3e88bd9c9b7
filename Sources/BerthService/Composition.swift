package import BerthAdmin
package import BerthBot
package import BerthCache
import BerthChannels
package import BerthConfig
package import BerthFiles
package import BerthHTTP
import BerthImage
package import BerthLoop
package import BerthMemory
import BerthProviders
package import BerthStore
import BerthTelemetry

/// The whole service, built from a configuration and its edges.
///
/// `berth serve`, the tests and the simulation run this one composition. Every part is made here,
/// in the order of its dependencies.
@Loop package final class Composition {
    /// The configuration in force, in which the bound port replaces port 0 of `listen`.
    package let configuration: Configuration
    /// The public address.
    package let server: any HTTPListener
    /// The database, with the lock of the data folder if it has one.
    package let database: Database
    /// The memory that work may hold.
    package let budget: MemoryBudget
    /// The cache's second level, if the configuration names one.
    package let redis: RedisClient?
    /// Tenants, conversations, turns and answers.
    package let bot: Bot
    /// Keeps the process within its memory limit.
    package let keeper: MemoryKeeper
    /// Keeps the disk from filling up.
    package let governor: DiskGovernor
    /// The memory's reports.
    package let memory: MemoryReports
    /// The parts that answer callers.
    package let answering: [any Service]
    /// The parts that act by themselves as time passes.
    package let keeping: [any Service]
    private let edges: Edges
    private let clockKeeper: ClockKeeper

    /// The time that open answers may take after the stop.
    ///
    /// ``Turns`` ends its own sooner.
    private static let grace = Duration.seconds(20)

    /// Opens the database, binds the addresses and makes every part.
    ///
    /// Nothing is served yet.
    ///
    /// - Throws: the error of the first part that cannot be made. Everything is then closed.
    package static func make(
        _ configuration: Configuration,
        _ edges: Edges,
        tuning: ServiceTuning = ServiceTuning()
    ) async throws -> Composition {
        var edges = edges
        let log = edges.surroundings.log
        let (database, socket): (Database, String)
        switch edges.disk {
        case .folder:
            let folder = try DataFolder(path: configuration.data)
            if Ballast.relieve(in: folder.path) {
                log.error("the disk is nearly full: the ballast is released")
            }
            socket = folder.path(of: AdminServer.socketName)
            database = try await .open(in: folder, log: log)
        case .memory:
            socket = AdminServer.socketName
            database = try await .inMemory(log: log)
        }
        do {
            let machine = edges.surroundings
            let clock = try await ClockKeeper.clock(over: machine.clock, database, log)
            edges.surroundings = machine.with(clock)
            let keeper = ClockKeeper(clock, store: database, in: edges.surroundings)
            await keeper.start()
            return try await Composition(configuration, edges, tuning, database, keeper, socket)
        } catch {
            await database.close()
            throw error
        }
    }

    private init(
        _ configuration: Configuration,
        _ edges: Edges,
        _ tuning: ServiceTuning,
        _ database: Database,
        _ clockKeeper: ClockKeeper,
        _ adminSocket: String
    ) async throws {
        self.clockKeeper = clockKeeper
        let surroundings = edges.surroundings
        var (configuration, costs) = (configuration, tuning.costs)
        costs.mark("database's thread", accounted: SQLiteMemory.read().used)
        server = try Composition.bind(configuration, edges)
        // Port 0 binds any free port, which links must name.
        configuration.listen(on: HostPort(host: configuration.listen.host, port: server.port))
        self.configuration = configuration
        self.edges = edges
        self.database = database
        budget = MemoryBudget(limit: configuration.memory.limit, holdingBack: tuning.reserve)
        // Turns of the last run resume before the service is weighed. Their memory is not part of
        // its fixed costs.
        if let held = edges.kernel().process?.resident { budget.setFixed(resident: held) }
        redis = configuration.redis.map { edges.redis($0, edges.resolve) }
        let plans = tuning.channels + (TelegramChannel.plan(configuration).map { [$0] } ?? [])
        let resources = Composition.resources(database, budget, redis, edges, plans)
        let files = try await Composition.files(configuration, database, edges)
        governor = DiskGovernor(files, configuration.files, in: surroundings)
        bot = try await Bot(configuration, resources, files, policy: tuning.work, in: surroundings)
        keeper = MemoryKeeper(bot, server: server, in: surroundings, reading: edges.kernel)
        memory = MemoryReports(keeper, configuration, costs, in: surroundings)
        let health = Health(bot, memory, governor, in: surroundings)
        let channels = try Composition.channels(configuration, plans, bot, in: surroundings)
        let reports = bot.pictureModels.routes
        let front = Front(
            configuration,
            channels: channels,
            bot: bot,
            more: health.routes + reports,
            in: surroundings
        )
        let admin = AdminServer(
            bot: bot,
            memory: memory,
            governor: governor,
            owner: edges.owner,
            more: health.routes,
            in: surroundings
        )
        let socket = try edges.network.bind(.unix(path: adminSocket), limits: HTTPServerLimits())
        let kept = await Composition.keepers(bot, redis, database, in: surroundings)
        let answering: [any Service] = [
            bot.turns,
            HTTPService(on: server, refusal: Front.refuse) { await front.answer($0) },
            HTTPService(on: socket, refusal: Front.refuse) { await admin.answer($0) },
        ]
        self.answering = answering + Composition.services(channels, resources, in: surroundings)
        keeping =
            [keeper, clockKeeper, governor, Purge(database, in: surroundings)] + kept
            + (edges.watchesProcess ? [memory, StallReports(in: surroundings)] : [])
    }

    /// The keepers of what the service remembers over restarts, which have read it.
    private static func keepers(
        _ bot: Bot,
        _ redis: RedisClient?,
        _ database: Database,
        in surroundings: Surroundings
    ) async -> [any Service] {
        let cache = CacheKeeper(cache: bot.cache, redis: redis, store: database, in: surroundings)
        await cache.load()
        let quirks = QuirkKeeper(bot.quirks, store: database, in: surroundings)
        await quirks.load()
        return [cache, quirks]
    }

    /// The tenants' files, ready.
    private static func files(
        _ configuration: Configuration,
        _ database: Database,
        _ edges: Edges
    ) async throws(FilesError) -> TenantFiles {
        let files = TenantFiles(
            database,
            folder: edges.disk == .folder ? configuration.data : nil,
            url: configuration.url.description,
            ballast: configuration.files.ballast,
            in: edges.surroundings
        )
        try await files.start()
        return files
    }

    private static func resources(
        _ database: Database,
        _ budget: MemoryBudget,
        _ redis: RedisClient?,
        _ edges: Edges,
        _ plans: [ChannelPlan]
    ) -> BotResources {
        BotResources(
            store: database,
            budget: budget,
            client: edges.client,
            redis: redis,
            replies: replies(plans),
            resolve: edges.resolveForTenants
        )
    }

    /// The replies of the channels that deliver from the outbox.
    private static func replies(_ channels: [ChannelPlan]) -> Replies {
        Replies(Dictionary(channels.map { ($0.name, $0.replies) }) { first, _ in first })
    }

    /// Makes the channels that every service has, and those that were planned.
    private static func channels(
        _ configuration: Configuration,
        _ plans: [ChannelPlan],
        _ bot: Bot,
        in surroundings: Surroundings
    ) throws -> [any Channel] {
        let own = Front.channels(configuration, bot: bot, in: surroundings)
        return try own + plans.map { try $0.make(bot, surroundings) }
    }

    /// Redis, the services of the channels, and the outbox's courier if a channel uses it.
    private static func services(
        _ channels: [any Channel],
        _ resources: BotResources,
        in surroundings: Surroundings
    ) -> [any Service] {
        let own = (resources.redis.map { [$0] } ?? []) + channels.flatMap(\.services)
        guard channels.contains(where: \.usesOutbox) else { return own }
        let courier = OutboxCourier(
            channels,
            store: resources.store,
            replies: resources.replies,
            in: surroundings
        )
        return own + [courier]
    }

    /// Binds the public address.
    private static func bind(
        _ configuration: Configuration,
        _ edges: Edges
    ) throws(HTTPServerError) -> any HTTPListener {
        var limits = HTTPServerLimits()
        limits.body = configuration.limits.body
        (limits.uploads, limits.upload) = (Front.uploads, PictureLimits().encoded)
        limits.connections = configuration.limits.connections
        limits.connectionsPerAddress = configuration.limits.connectionsPerAddress
        // The configuration has checked their form.
        limits.trustedProxies = TrustedProxies(configuration.trustedProxies) ?? TrustedProxies()
        let listen = configuration.listen
        return try edges.network.bind(.tcp(host: listen.host, port: listen.port), limits: limits)
    }

    /// Measures the service's own memory, and checks that its limit leaves room for work.
    ///
    /// - Throws: ``LimitTooLow``.
    package func weigh() async throws {
        try await keeper.start()
        memory.mark("service: tenants, routes, metrics")
    }

    /// Serves until the stop, then lets open work finish.
    ///
    /// - Throws: the first error of a part.
    package func run(until stop: Stop) async throws {
        let surroundings = edges.surroundings
        do {
            try await serve(
                answering + keeping,
                until: stop,
                grace: Composition.grace,
                clock: surroundings.clock
            )
        } catch let error as GraceExceeded {
            // An answer that outlasts the grace fails for its client. It is no failure of the
            // service.
            surroundings.log.warning("stopped late", ["why": .describing(error)])
        }
    }

    /// Ends all work, returns when it is on the disk, closes the database, and drops the metrics.
    package func finish() async {
        await bot.finish()
        await clockKeeper.keep()
        await database.close()
        edges.surroundings.metrics.removeAll()
    }

    /// Logs the service's address, its memory, and the settings that it does not act on.
    ///
    /// - Parameters:
    ///   - file: the configuration's file.
    ///   - version: the program's version.
    package func announce(_ file: ConfigurationFile, version: String) {
        let log = edges.surroundings.log
        log.info(
            "serving",
            [
                "version": .text(version), "url": .text("\(configuration.url)"),
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
        for provider in configuration.providers {
            guard let proxy = provider.proxy else { continue }
            log.info(
                "provider behind a proxy",
                ["provider": .text(provider.name), "proxy": .describing(proxy)]
            )
        }
        for warning in configuration.warnings {
            log.warning("check the configuration", ["why": .text(warning)])
        }
        guard !file.unused.isEmpty else { return }
        log.warning(
            "this build does not act on some settings of the configuration",
            ["keys": .text(file.unused.joined(separator: ", "))]
        )
    }
}
