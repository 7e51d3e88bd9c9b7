package import BerthAdmin
package import BerthBot
package import BerthCache
package import BerthChannels
package import BerthConfig
package import BerthFiles
package import BerthHTTP
package import BerthLoop
package import BerthMemory
import BerthQueue
package import BerthService
import BerthSimulation
package import BerthStore
package import BerthTelemetry
import BerthText
package import BerthWork
import Glibc

/// A whole service except its process: bot, database, public address and admin socket, on a clock
/// that the test moves, over two providers on the loopback.
///
/// The provider `hand` (model `m`, the first) is told what to answer. `fake` has the models of
/// ``FakeOpenAI``, as `fake/echo`, and `spare` one of them. Nobody listens where `dead` is. The
/// service is the composition that `berth serve` runs. Its servers' deadlines and Redis are on the
/// machine's clock, and a test has its keeper look.
@Loop package final class BotFixture {
    /// The time of everything except the servers' deadlines and the test's own patience.
    package let clock: ManualClock
    /// The database's folder.
    package let files: TemporaryFolder
    /// The provider `hand`.
    package let hand: HandUpstream
    /// The service.
    package let service: Composition
    /// A tenant.
    package let ann: LiveTenant
    /// The API key of ``ann``.
    package let key: String
    /// The service's metrics.
    package let metrics: Metrics
    /// The service's log.
    package let lines: LogLines
    /// A client of the public server, on the machine's clock.
    package let http = HTTPClient(in: Surroundings(log: .silent))
    /// The kernel's figures.
    package let kernel = KernelFigures()
    /// Stops the service properly.
    package let stop = Stop()
    private let pool: TaskPool

    /// The configuration of the service.
    package var configuration: Configuration { service.configuration }
    /// The memory for the tenants' work.
    package var budget: MemoryBudget { service.budget }
    /// The service's database.
    package var store: any Store { service.database }
    /// The bot under test.
    package var bot: Bot { service.bot }
    /// The Redis client, if the configuration names a server, on the machine's clock.
    package var redis: RedisClient? { service.redis }
    /// The memory's reports.
    package var memory: MemoryReports { service.memory }
    /// The public server.
    package var server: any HTTPListener { service.server }
    /// Keeps the service within its limit.
    ///
    /// A test has it look, at ``kernel``.
    package var keeper: MemoryKeeper { service.keeper }
    /// Keeps the disk from filling up.
    ///
    /// A test has it look.
    package var governor: DiskGovernor { service.governor }

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
        _ prepare: Preparation?
    ) async throws {
        let (clock, lines, hand) = (setup.clock ?? ManualClock(), LogLines(), HandUpstream())
        let (pool, stop, kernel) = (TaskPool(), stop, kernel)
        self.pool = pool
        func run(_ part: some Service) { pool.spawn { try? await part.run(until: stop) } }

        let fake = FakeOpenAI(pace: .init(tokens: 5), in: Surroundings(log: .silent))
        let providers = PatientListening(in: Surroundings(log: .silent))
        let ports = try [fake.handler, hand.handler].map { handler in
            let listener = try providers.bind(.tcp(host: "127.0.0.1", port: 0))
            run(HTTPService(on: listener, handler))
            return listener.port
        }
        var settings = try BotFixture.settings(fake: ports[0], hand: ports[1])
        // Many tests share the machine's memory as their disk.
        settings.files.ballast = .zero
        setup.change(&settings)
        settings.listen(on: HostPort(host: "127.0.0.1", port: 0))
        files = try setup.folder ?? TemporaryFolder(inMemory: true)
        settings.data = files.path
        if let prepare { try await BotFixture.prepare(files.path, prepare) }

        let surroundings = Surroundings.quiet(clock, log: lines.log, seed: setup.seed)
        let machine = Surroundings(log: lines.log)
        var edges = Edges(
            surroundings: surroundings,
            client: HTTPClient(in: surroundings),
            network: PatientListening(in: machine),
            kernel: { kernel.reading },
            resolve: { _, _ in [] },
            redis: { RedisClient(address: $0, limits: .patient, in: machine, resolve: $1) }
        )
        edges.resolveForTenants = setup.resolve
        var tuning = ServiceTuning()
        (tuning.work, tuning.reserve, tuning.channels) = (setup.policy, .zero, setup.channels)
        service = try await Composition.make(settings, edges, tuning: tuning)
        kernel.isSilent = false
        let tenants = service.bot.tenants
        if setup.folder != nil, let known = try? tenants.named("ann") {
            (ann, key) = (known, try await tenants.addKey(to: known).text)
        } else {
            let secret: Secret256
            (ann, secret) = try await tenants.add("ann")
            key = secret.text
        }
        (self.clock, self.lines, self.hand) = (clock, lines, hand)
        metrics = surroundings.metrics
        for part in service.answering { pool.spawn { try? await part.run(until: stop) } }
    }

    /// Fills a database before the service opens it.
    private static func prepare(
        _ path: String,
        _ change: Preparation
    ) async throws {
        let database = try await Database.open(in: DataFolder(path: path), log: .silent)
        try await change(database)
        await database.close()
    }

    /// The configuration, read from a file as an operator writes it.
    ///
    /// No program listens on port 9, which is reserved for the discard protocol.
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
        await service.finish()
    }
}

/// The machine's addresses, served with deadlines for machines on which many tests run at once.
@Loop private final class PatientListening: HTTPListening {
    private let machine: MachineListening

    init(in surroundings: Surroundings) { machine = MachineListening(in: surroundings) }

    func bind(
        _ address: ListenAddress,
        limits: HTTPServerLimits = HTTPServerLimits()
    ) throws(HTTPServerError) -> any HTTPListener {
        var patient = HTTPServerLimits.patient
        (patient.body, patient.trustedProxies) = (limits.body, limits.trustedProxies)
        (patient.uploads, patient.upload) = (limits.uploads, limits.upload)
        return try machine.bind(address, limits: patient)
    }
}

/// Writes what a store holds before its service starts.
package typealias Preparation = @Sendable (any Store) async throws(StoreError) -> Void

/// A test's changes to a service's configuration.
package struct Setup: Sendable {
    /// Changes the fixture's configuration.
    package let change: @Loop @Sendable (inout Configuration) -> Void
    /// The service's policy.
    package let policy: WorkPolicy
    let channels: [ChannelPlan]
    let folder: TemporaryFolder?
    let seed: UInt64
    /// A clock that several services use one after the other, or nil for a new one.
    package var clock: ManualClock?
    /// The addresses of the names that tenants choose, of which none is known by default.
    package var resolve: RedisClient.Resolve = { _, _ in [] }

    /// Changes the fixture's configuration before the service is made.
    ///
    /// - Parameters:
    ///   - policy: without one every attempt is the only one, and no failure opens a breaker.
    ///   - channels: channels beside those that every service has.
    ///   - folder: a data folder that several services use one after the other, or nil for a new one.
    ///   - seed: of all randomness. Services on one folder need different ones.
    ///   - change: changes the configuration.
    package init(
        policy: WorkPolicy = .impatient,
        channels: [ChannelPlan] = [],
        folder: TemporaryFolder? = nil,
        seed: UInt64 = 1,
        _ change: @escaping @Loop @Sendable (inout Configuration) -> Void = { _ in }
    ) {
        self.policy = policy
        self.channels = channels
        self.folder = folder
        self.seed = seed
        self.change = change
    }
}

/// Runs `test` against a service of its own, and ends it.
///
/// - Parameters:
///   - setup: the changes to the configuration.
///   - prepare: fills the store before the service starts.
///   - test: the test.
/// - Throws: the error of `test`, or the reason for which the service could not be made.
@Loop package func withBot(
    _ setup: Setup = Setup(),
    prepare: Preparation? = nil,
    _ test: @Loop (BotFixture) async throws -> Void
) async throws {
    let fixture = try await BotFixture(setup, prepare)
    do { try await test(fixture) } catch {
        await fixture.end()
        throw error
    }
    await fixture.end()
}

extension WorkPolicy {
    /// A policy with one attempt, in which no failure opens a circuit breaker.
    package static var impatient: WorkPolicy {
        var policy = WorkPolicy()
        policy.backoff = Backoff(attempts: 1)
        policy.breaker.requests = .max
        return policy
    }
}

extension Configuration {
    /// Sets the public URL.
    package mutating func name(_ text: String) {
        guard let url = WebURL(text) else { return }
        (self.url, hasOwnURL) = (url, true)
    }
}

extension RedisLimits {
    /// Limits for machines on which many tests run at once: long deadlines and short pauses.
    package static var patient: RedisLimits {
        var limits = RedisLimits()
        limits.connect = .seconds(10)
        limits.command = .seconds(10)
        limits.firstPause = .milliseconds(2)
        return limits
    }
}

extension Configuration {
    /// Allows answers of that many tokens, a kilobyte of which may have few.
    package mutating func allowAnswers(ofTokens most: Int) {
        for index in chatModels.indices { chatModels[index].output = most }
        quotas.tokensPerDay = 1_000_000_000
        quotas.spendPerMonth = Money(micros: 1_000_000_000)
    }
}
