package import BerthAdmin
package import BerthBot
package import BerthCache
import BerthChannels
package import BerthConfig
package import BerthHTTP
package import BerthLoop
package import BerthMemory
import BerthQueue
import BerthSimulation
package import BerthStore
package import BerthTelemetry
import Glibc

/// A whole service but for its process: bot, database, public address and admin socket, on a clock
/// that the test moves, over two providers on the loopback.
///
/// The provider `hand` (model `m`, the first) is told what to answer; `fake` has the models of
/// ``FakeOpenAI``, as `fake/echo`, and `spare` one of them; nobody listens where `dead` is.
@Loop package final class BotFixture {
    /// Time of everything but the servers' deadlines and the test's own patience.
    package let clock: ManualClock
    /// Where the database is.
    package let files: TemporaryFolder
    /// As the service has it.
    package let configuration: Configuration
    /// What the tenants' work may hold.
    package let budget: MemoryBudget
    /// The provider `hand`.
    package let hand: HandUpstream
    /// The service's store.
    package let store: any Store
    /// What is under test.
    package let bot: Bot
    /// Redis at work, where the configuration names one, on the machine's clock.
    package let redis: RedisClient?
    /// A tenant.
    package let ann: LiveTenant
    /// The API key of ``ann``.
    package let key: String
    /// What is counted.
    package let metrics: Metrics
    /// The memory's reports.
    package let memory: MemoryReports
    /// What is logged.
    package let lines: LogLines
    /// The public server.
    package let server: HTTPServer
    /// A client of the public server, on the machine's clock.
    package let http = HTTPClient(clock: SystemClock(), log: .silent)
    /// Keeps it within its limit; a test has it look, at ``kernel``.
    package let keeper: MemoryKeeper
    /// What the kernel is made to say.
    package let kernel = KernelFigures()
    /// Ends the services in good order.
    package let stop = Stop()
    private let pool: TaskPool

    /// The manners of the fake provider that tests use.
    package static nonisolated let manners = [
        "echo", "echo-request", "tool", "silence", "drip", "cut-event", "cut-utf8", "no-done",
        "no-done-finish", "json-on-stream", "error-midway", "huge-line", "comments", "bad-json",
        "no-usage", "429-0", "429", "429-long", "no-credit", "401", "404", "too-long", "500", "502",
        "529",
        "plain",
    ]

    /// The path of the admin socket.
    package var socket: String { files.path(of: AdminServer.socketName) }

    fileprivate init(
        _ setup: Setup,
        _ prepare: @escaping Preparation
    ) async throws {
        let (clock, lines, hand) = (ManualClock(), LogLines(), HandUpstream())
        let (pool, stop, log, metrics) = (TaskPool(), stop, lines.log, Metrics())
        self.pool = pool
        func run(_ service: some Service) { pool.spawn { try? await service.run(until: stop) } }

        let fake = FakeOpenAI(pace: .init(tokens: 5), clock: SystemClock())
        let upstreams = try [fake.handler, hand.handler].map { try BotFixture.server($0) }
        var settings = try BotFixture.settings(fake: upstreams[0].port, hand: upstreams[1].port)
        setup.change(&settings)
        let late = LateHandler()
        server = try BotFixture.server({ await late.answer($0) }, settings.limits.body, log)
        settings.listen(on: HostPort(host: "127.0.0.1", port: server.port))

        files = try TemporaryFolder(inMemory: true)
        store = try await Database.open(in: DataFolder(path: files.path), log: log)
        try await prepare(store)
        budget = MemoryBudget(limit: settings.memory.limit)
        redis = settings.redis.map {
            RedisClient(address: $0, limits: .patient, clock: SystemClock(), log: log)
        }
        let client = HTTPClient(clock: clock, log: log)
        bot = try await Bot(
            settings,
            store: store,
            budget: budget,
            client: client,
            clock: clock,
            log: log,
            metrics: metrics,
            redis: redis,
            policy: setup.policy
        )
        let weighed = MemoryKeeper.Parts(budget, store, bot, client, server)
        keeper = MemoryKeeper(weighed, clock: clock, log: log) { [kernel] in kernel.memory }
        let costs = MemoryFixedCosts()
        memory = MemoryReports(weighed, keeper, settings, costs, clock: clock, log: log)
        let health = Health(bot, memory, store: store, metrics: metrics, log: log)
        let front = Front(
            settings,
            bot: bot,
            more: health.routes,
            clock: clock,
            log: log,
            metrics: metrics
        )
        late.handler = { await front.answer($0) }
        let secret: Secret256
        (ann, secret) = try await bot.tenants.add("ann")
        key = secret.text
        (self.clock, self.lines, self.hand) = (clock, lines, hand)
        (self.metrics, configuration) = (metrics, settings)
        if let redis { run(redis) }
        for each in try upstreams + [server, adminServer(health)] { run(each) }
        run(bot.turns)
    }

    private func adminServer(_ health: Health) throws -> HTTPServer {
        let admin = AdminServer(
            bot: bot,
            memory: memory,
            store: store,
            configuration: configuration,
            owner: geteuid(),
            more: health.routes,
            clock: clock
        )
        let path = ListenAddress.unix(path: socket)
        return try BotFixture.server({ await admin.answer($0) }, nil, lines.log, at: path)
    }

    private static func server(
        _ handler: @escaping HTTPHandler,
        _ body: ByteCount? = nil,
        _ log: Log = .silent,
        at address: ListenAddress = .tcp(host: "127.0.0.1", port: 0)
    ) throws -> HTTPServer {
        var limits = HTTPServerLimits.patient
        if let body { limits.body = body }
        return try HTTPServer(
            listen: address,
            limits: limits,
            clock: SystemClock(),
            log: log,
            refusal: Front.refuse,
            handler: handler
        )
    }

    /// Read from a file as an operator writes it; port 9 is discard's, which nobody runs.
    private static func settings(fake: Int, hand: Int) throws -> Configuration {
        let folder = try TemporaryFolder()
        let providers = [("hand", hand), ("fake", fake), ("spare", fake), ("dead", 9)].map {
            name,
            port in
            "  - { name: \(name), kind: openai, base_url: 'http://127.0.0.1:\(port)/v1', "
                + "api_key: sk-upstream-secret, concurrency: 64 }\n"
        }
        let models =
            [("hand", "m")] + manners.map { ("fake", $0) } + [("spare", "plain"), ("dead", "d")]
        let list = models.map { provider, model in
            "    - { provider: \(provider), model: '\(model)', price: { input: 1, output: 2 }, "
                + "context: 8192, output: 1000 }\n"
        }
        let text =
            "memory: { limit: 128MiB }\ncache: { scope: off }\nproviders:\n" + providers.joined()
            + "models:\n  chat:\n"
            + list.joined()
        try folder.write(Array(text.utf8), to: "berth.yaml")
        return try ConfigurationFile.load(path: folder.path(of: "berth.yaml")) { _ in nil }
            .configuration
    }

    /// Ends everything at once.
    fileprivate func end() async {
        pool.cancelAll()
        await pool.drain()
        await bot.finish()
        await store.close()
    }
}

/// The public server's handler, which is made after it.
@Loop private final class LateHandler {
    var handler: HTTPHandler?

    func answer(_ request: HTTPRequest) async -> HTTPResponse {
        guard let handler else { return .error(503, "not yet") }
        return await handler(request)
    }
}

/// Writes what a store holds before its service starts.
package typealias Preparation = @Sendable (any Store) async throws(StoreError) -> Void

/// What a test changes of a service's configuration.
package struct Setup: Sendable {
    let change: @Loop @Sendable (inout Configuration) -> Void
    let policy: WorkPolicy

    /// Changes the fixture's configuration before the service is made.
    ///
    /// `policy`: without one every attempt is the only one, and no failure opens a breaker.
    package init(
        policy: WorkPolicy = .impatient,
        _ change: @escaping @Loop @Sendable (inout Configuration) -> Void = { _ in }
    ) {
        self.policy = policy
        self.change = change
    }
}

/// Runs `test` against a service of its own, and ends it.
///
/// - Parameters:
///   - setup: of the configuration.
///   - prepare: writes what the store holds before the service starts.
///   - test: what is tested.
/// - Throws: what `test` throws, and why the service could not be made.
@Loop package func withBot(
    _ setup: Setup = Setup(),
    prepare: @escaping Preparation = { _ async throws(StoreError) in },
    _ test: @Loop (BotFixture) async throws -> Void
) async throws {
    await Gate.shared.enter()
    defer { Gate.shared.leave() }
    let fixture = try await BotFixture(setup, prepare)
    do { try await test(fixture) } catch {
        await fixture.end()
        throw error
    }
    await fixture.end()
}

/// Lets a few services run at once: all of them share one loop, and a test's patience is short.
@Loop private final class Gate {
    static let shared = Gate()

    private var free = 8
    private var waiting: [Wakeup] = []

    func enter() async {
        guard free <= 0 else {
            free -= 1
            return
        }
        let turn = Wakeup()
        waiting.append(turn)
        do { try await turn.wait() } catch {
            waiting.removeAll { $0 === turn }
            free -= 1  // a cancelled test runs to its end, one too many for a moment
        }
    }

    func leave() {
        guard waiting.isEmpty else { return waiting.removeFirst().signal() }
        free += 1
    }
}

extension WorkPolicy {
    /// Tries everything once and gives up on no provider.
    package static var impatient: WorkPolicy {
        var policy = WorkPolicy()
        policy.backoff = Backoff(attempts: 1)
        policy.breaker.consecutive = .max
        policy.breaker.sharePercent = 101
        policy.seed = 1
        return policy
    }
}

extension Configuration {
    /// Sets the URL as people reach it.
    package mutating func name(_ text: String) {
        guard let url = WebURL(text) else { return }
        (self.url, hasOwnURL) = (url, true)
    }
}

extension RedisLimits {
    /// For machines on which many tests run at once: nothing is slow, and pauses are short.
    package static var patient: RedisLimits {
        var limits = RedisLimits()
        limits.connect = .seconds(10)
        limits.command = .seconds(10)
        limits.firstPause = .milliseconds(2)
        return limits
    }
}
