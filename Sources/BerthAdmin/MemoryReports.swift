import BerthBot
package import BerthConfig
import BerthFiles
import BerthHTTP
package import BerthLoop
package import BerthMemory
import BerthStore
package import BerthTelemetry
package import BerthWork

/// Makes memory reports and forecasts, and changes the limit.
///
/// The kernel takes about 4 ms to list all mappings. They are read for a report only, and on a
/// thread of their own, which starts with the first report.
@Loop package final class MemoryReports: Service {
    private var fixed: MemoryFixedCosts
    private let resources: BotResources
    private let server: any HTTPListener
    private let keeper: MemoryKeeper
    private let providers: [CapacityBasis.Provider]
    private let surroundings: Surroundings
    private let worker = Worker(name: "memory")
    private var residue = ByteCount.zero
    private var warned: Set<MemoryReport.Alarm> = []

    private static let interval = Duration.seconds(60)

    /// The days whose load a forecast is based on.
    private static let lookbackDays = 7

    /// Makes the reports.
    ///
    /// `configuration` has the providers' limits. `fixed` has the costs that the start has marked.
    package init(
        _ keeper: MemoryKeeper,
        _ configuration: Configuration,
        _ fixed: MemoryFixedCosts,
        in surroundings: Surroundings
    ) {
        self.fixed = fixed
        resources = keeper.bot.resources
        server = keeper.server
        self.keeper = keeper
        self.surroundings = surroundings
        providers = configuration.providers.map {
            CapacityBasis.Provider(
                name: $0.name,
                concurrency: $0.concurrency,
                requestsPerMinute: $0.requestsPerMinute
            )
        }
    }

    /// The ledger's accounts.
    package var standing: MemoryStanding { resources.budget.standing }
    /// The state of the ladder at the last look, at most a second ago.
    package var pressure: PressureStanding { keeper.standing }

    /// The clients' open connections.
    package var connections: Int { server.openConnections }

    /// Ends a step of the start, whose cost becomes an account of that name.
    package func mark(_ step: String) {
        let accounted = resources.budget.leased + SQLiteMemory.read().used
        fixed.mark(step, accounted: accounted)
    }

    /// Makes a report of this moment.
    ///
    /// - Throws: ``BotError`` if the kernel gives no list of mappings.
    package func report() async throws(BotError) -> MemoryReport {
        let (budget, fixed) = (resources.budget, fixed)
        let read = await worker.run { () -> MemoryPicture? in
            // In this order, the memory that reading takes is counted as resident, not as leased.
            let (standing, heap) = (budget.standing, AllocatorFigures.read())
            let database = SQLiteMemory.read()
            return MemoryMap.read().map {
                MemoryPicture(
                    map: $0,
                    heap: heap,
                    standing: standing,
                    database: database,
                    fixed: fixed
                )
            }
        }
        guard var picture = read else {
            throw .badValue("no report: /proc/self/smaps cannot be read on this machine")
        }
        picture.connections = server.openConnections
        if picture.isQuiet { residue = max(.zero, picture.rest) }
        picture.residue = residue
        return MemoryReport(
            picture,
            pressure: keeper.standing,
            files: files,
            absent: ["libvips: not loaded, because this build makes no pictures"]
        )
    }

    /// The files of each tenant, by its name.
    private var files: [String: FileAccounts.Use] {
        let (tenants, accounts) = (keeper.bot.tenants.all, keeper.bot.files.accounts)
        return Dictionary(
            uniqueKeysWithValues: tenants.map {
                ($0.name, accounts.use(of: $0.row.id))
            }
        )
    }

    /// Makes the report of one tenant.
    ///
    /// - Throws: ``BotError/noTenant(_:)``.
    package func report(of tenant: String) throws(BotError) -> TenantMemoryReport {
        guard let report = TenantMemoryReport(tenant, standing, files: files[tenant]) else {
            throw .noTenant(tenant)
        }
        return report
    }

    /// Makes the forecast for `users`, 1 or more.
    ///
    /// - Throws: ``BotError/store(_:)``, and the errors of ``report()``.
    package func forecast(users: Int) async throws(BotError) -> CapacityForecast {
        let report = try await report()
        let start = surroundings.clock.timestamp + .seconds(-86400 * MemoryReports.lookbackDays)
        var basis = CapacityBasis()
        do {
            basis.load = try await resources.store.measuredLoad(since: start)
        } catch { throw .store(error) }
        for account in standing.accounts {
            if account.isTenant { basis.held.add(account.histogram) }
            if !account.isTenant { basis.shared += account.peak }
        }
        basis.base = ByteCount(max(report.base, report.rss - report.leased))
        basis.limit = ByteCount(report.limit)
        basis.reserve = ByteCount(report.reserve)
        basis.providers = providers
        return CapacityForecast(users: users, from: basis)
    }

    /// Changes the limit until the service ends.
    ///
    /// - Throws: ``LimitTooLow``.
    package func setLimit(_ limit: ByteCount) throws { try keeper.setLimit(limit) }

    // MARK: Alarms

    /// Looks every minute until the stop, and warns of parts that are larger than expected.
    package func run(until stop: Stop) async throws {
        let timer = Wakeup()
        while !stop.isRequested {
            let next = surroundings.clock.schedule(after: MemoryReports.interval) { timer.signal() }
            await stop.requested(or: timer)
            next.cancel()
            if !stop.isRequested { await warn() }
        }
    }

    /// Warns of each part that has become larger than expected, once until it is smaller again.
    package func warn() async {
        guard let report = try? await report() else { return }
        let alarms = report.alarms
        for (alarm, bytes) in alarms.sorted(by: { $0.key.rawValue < $1.key.rawValue })
        where !warned.contains(alarm) {
            surroundings.log.warning(
                "memory: a part is larger than expected, see 'berth memory'",
                [
                    "part": .text(alarm.rawValue), "size": .describing(ByteCount(bytes)),
                    "resident": .describing(ByteCount(report.rss)),
                ]
            )
        }
        warned = Set(alarms.keys)
    }
}
