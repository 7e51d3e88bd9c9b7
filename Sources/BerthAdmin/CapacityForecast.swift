package import BerthMemory
package import BerthStore

/// What a forecast is made from: measured, or configured; nothing else.
package struct CapacityBasis: Sendable {
    /// A provider's limits, as configured.
    package struct Provider: Sendable {
        /// The name.
        package let name: String
        /// Calls at once.
        package let concurrency: Int
        /// nil: no limit of ours.
        package let requestsPerMinute: Int?

        /// Names limits.
        package init(name: String, concurrency: Int, requestsPerMinute: Int?) {
            self.name = name
            self.concurrency = concurrency
            self.requestsPerMinute = requestsPerMinute
        }
    }

    /// What tenants held, second by second, all of them together.
    package var held = HeldHistogram()
    /// What the process holds beside its leases now.
    package var base = ByteCount.zero
    /// The most that the shared accounts have held.
    package var shared = ByteCount.zero
    /// The most that the process may hold.
    package var limit = ByteCount.zero
    /// The part of it that is never leased.
    package var reserve = ByteCount.zero
    /// What was done in the last seven days.
    package var load = MeasuredLoad()
    /// Those with a queue.
    package var providers: [Provider] = []

    /// Nothing was measured.
    package init() {}
}

/// What N users would need, as `berth memory --what-if N` prints it: each number with what it was
/// made from, none where too little was measured.
package struct CapacityForecast: Codable, Equatable, Sendable {
    /// A number, and where it comes from.
    package struct Estimate: Codable, Equatable, Sendable {
        /// nil: not enough measured yet.
        package var bytes: Int?
        /// How it was made, or what is missing.
        package let assumption: String
    }

    /// How long a call waits for one provider.
    package struct Wait: Codable, Equatable, Sendable {
        /// As configured.
        package let provider: String
        /// What 95 in a hundred do not wait longer for; nil: not enough measured, or never served.
        package var seconds: Double?
        /// Whether all calls are served in the end; nil: not enough measured.
        package var served: Bool?
        /// How it was made, or what is missing.
        package let assumption: String
    }

    /// For how many.
    package let users: Int
    /// The most that is resident.
    package let peak: Estimate
    /// Whether the limit is enough for ``peak``; nil: nobody knows.
    package let holds: Bool?
    /// What the database grows by in a day.
    package let disk: Estimate
    /// By provider.
    package let waits: [Wait]

    /// Makes the forecast of `users` (1 or more).
    package init(users: Int, from basis: CapacityBasis) {
        self.users = users
        peak = CapacityForecast.peak(users, basis)
        holds = peak.bytes.map { $0 + basis.reserve.bytes <= basis.limit.bytes }
        disk = CapacityForecast.disk(users, basis.load)
        waits = basis.providers.map { CapacityForecast.wait($0, users, basis.load) }
    }

    // MARK: Each number

    /// A minute of somebody holding something; a few turns more than any title; calls for a mean.
    private static let (enoughSeconds, enoughTurns, enoughCalls) = (60, 50, 20)

    private static func missing(_ have: Int, of need: Int, _ what: String) -> String {
        "not enough measured yet: \(have) \(what), \(need) are needed"
    }

    private static func peak(_ users: Int, _ basis: CapacityBasis) -> Estimate {
        let samples = basis.held.samples
        guard samples >= enoughSeconds, let each = basis.held.quantile(0.95) else {
            let what = "seconds in which a tenant held anything"
            return Estimate(assumption: missing(samples, of: enoughSeconds, what))
        }
        let connection = MemoryPicture.connection
        let bytes = product(users, each.bytes + connection.bytes)
        return Estimate(
            bytes: sum(bytes, (basis.base + basis.shared).bytes),
            assumption: "all at once hold the p95 of a tenant at work (\(each)) and a connection "
                + "(\(connection)), beside what is held anyway (\(basis.base)) and the most that "
                + "shared accounts held (\(basis.shared))"
        )
    }

    private static func disk(_ users: Int, _ load: MeasuredLoad) -> Estimate {
        guard load.turns >= enoughTurns else {
            return Estimate(
                assumption: missing(load.turns, of: enoughTurns, "turns in the database")
            )
        }
        guard load.tenantDays > 0 else {
            return Estimate(assumption: missing(0, of: 1, "days on which a tenant asked anything"))
        }
        let turn = load.bytes / load.turns
        let daily = Double(load.requests) / Double(load.tenantDays)
        return Estimate(
            bytes: Int(clamping: Int64(min(Double(users) * daily * Double(turn), 9e18))),
            assumption: "each asks as often as a tenant did on a day of the last seven with any "
                + "request (\(tenths(daily))), and a turn takes what it took so far "
                + "(\(ByteCount(turn)) of the database)"
        )
    }

    private static func wait(
        _ provider: CapacityBasis.Provider,
        _ users: Int,
        _ load: MeasuredLoad
    ) -> Wait {
        let all = load.providers.reduce(0) { $0 + $1.calls }
        let own = load.providers.first { $0.name == provider.name }
        guard let own, own.calls >= enoughCalls, own.seconds > 0, load.busiestTenants > 0 else {
            let what = "calls of this provider in the last seven days"
            return Wait(
                provider: provider.name,
                assumption: missing(own?.calls ?? 0, of: enoughCalls, what)
            )
        }
        let hourly = Double(load.busiestCalls) / Double(load.busiestTenants)
        let part = Double(own.calls) / Double(all)
        let line = WaitingLine(
            servers: provider.servers(each: own.seconds),
            service: own.seconds,
            arrivals: Double(users) * hourly * part / 3600
        )
        // Fewer a minute than one server could do are also a limit of their own.
        let perMinute = provider.requestsPerMinute.map(Double.init) ?? .infinity
        let isServed = line.isServed && line.arrivals * 60 < perMinute
        return Wait(
            provider: provider.name,
            seconds: isServed ? line.wait(0.95).map { ($0 * 10).rounded(.up) / 10 } : nil,
            served: isServed,
            assumption: "p95 at \(tenths(line.arrivals * 60)) calls a minute: each calls as often "
                + "as a tenant of the busiest hour (\(tenths(hourly)) an hour), a call takes "
                + "\(tenths(own.seconds)) s, and \(line.servers) go at once "
                + "(\(provider.limits)); one line, random arrivals (M/M/c)"
        )
    }

    // MARK: Arithmetic

    private static func tenths(_ number: Double) -> String {
        let tenths = (number * 10).rounded()
        guard tenths.magnitude < 1e15 else { return "more than 10^14" }
        return tenths.truncatingRemainder(dividingBy: 10) == 0
            ? "\(Int(tenths / 10))" : "\(tenths / 10)"
    }

    private static func product(_ left: Int, _ right: Int) -> Int {
        let (product, overflow) = left.multipliedReportingOverflow(by: right)
        return overflow ? .max : product
    }

    private static func sum(_ left: Int, _ right: Int) -> Int {
        let (sum, overflow) = left.addingReportingOverflow(right)
        return overflow ? .max : sum
    }
}

extension CapacityBasis.Provider {
    /// How many calls of `seconds` go at once within both limits.
    fileprivate func servers(each seconds: Double) -> Int {
        guard let requestsPerMinute else { return max(1, concurrency) }
        let byRate = Double(requestsPerMinute) / 60 * seconds
        return max(1, min(concurrency, Int(min(byRate, 1e6))))
    }

    fileprivate var limits: String {
        "\(concurrency) configured" + (requestsPerMinute.map { ", \($0) a minute" } ?? "")
    }
}
