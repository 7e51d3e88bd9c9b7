import BerthMemory
import BerthStore

/// The needs of a number of users, as `berth memory --what-if N` prints them.
///
/// Each number comes with the assumptions behind it. A number is missing if too little was
/// measured.
package struct CapacityForecast: Codable, Equatable, Sendable {
    /// A number of bytes, and the assumptions behind it.
    package struct Estimate: Codable, Equatable, Sendable {
        /// The estimate, or nil if too little was measured.
        package var bytes: Int?
        /// The assumptions behind the estimate, or the measurements that are missing.
        package let assumption: String
    }

    /// The time that a call waits for one provider.
    package struct Wait: Codable, Equatable, Sendable {
        /// The provider's name, as configured.
        package let provider: String
        /// The 95th percentile of the wait, or nil if too little was measured or not all are
        /// served.
        package var seconds: Double?
        /// Whether all calls are served in the end, or nil if too little was measured.
        package var served: Bool?
        /// The assumptions behind the estimate, or the measurements that are missing.
        package let assumption: String
    }

    /// The number of users.
    package let users: Int
    /// The largest resident size.
    package let peak: Estimate
    /// Whether the limit is enough for ``peak``, or nil if ``peak`` has no estimate.
    package let holds: Bool?
    /// The daily growth of the database.
    package let disk: Estimate
    /// The waits, one for each provider.
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

    /// The seconds of samples, the turns and the calls that an estimate needs at least.
    private static let enoughSeconds = 60
    private static let enoughTurns = 50
    private static let enoughCalls = 20

    private static func missing(_ have: Int, of need: Int, _ what: String) -> String {
        "not enough use yet to estimate this: \(have) of \(need) \(what)"
    }

    private static func peak(_ users: Int, _ basis: CapacityBasis) -> Estimate {
        let samples = basis.held.samples
        guard samples >= enoughSeconds, let each = basis.held.quantile(0.95) else {
            let what = "seconds in which a tenant held memory"
            return Estimate(assumption: missing(samples, of: enoughSeconds, what))
        }
        let connection = MemoryPicture.connection
        let bytes = product(users, each.bytes + connection.bytes)
        return Estimate(
            bytes: sum(bytes, (basis.base + basis.shared).bytes),
            assumption: "all users at once hold the p95 of a tenant at work (\(each)) and a "
                + "connection (\(connection)), beside the base of the process (\(basis.base)) and "
                + "the peak of the shared accounts (\(basis.shared))"
        )
    }

    private static func disk(_ users: Int, _ load: MeasuredLoad) -> Estimate {
        guard load.turns >= enoughTurns else {
            return Estimate(
                assumption: missing(load.turns, of: enoughTurns, "turns in the database")
            )
        }
        guard load.tenantDays > 0 else {
            return Estimate(assumption: missing(0, of: 1, "days with a request of a tenant"))
        }
        let turn = load.bytes / load.turns
        let daily = Double(load.requests) / Double(load.tenantDays)
        return Estimate(
            bytes: Int(clamping: Int64(min(Double(users) * daily * Double(turn), 9e18))),
            assumption: "each user asks as often as a tenant on an active day of the last seven "
                + "(\(tenths(daily))), and a turn takes as much of the database as so far "
                + "(\(ByteCount(turn)))"
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
        // With fewer calls a minute than one server could make, the rate itself is the limit.
        let perMinute = provider.requestsPerMinute.map(Double.init) ?? .infinity
        let isServed = line.isServed && line.arrivals * 60 < perMinute
        return Wait(
            provider: provider.name,
            seconds: isServed ? line.wait(0.95).map { ($0 * 10).rounded(.up) / 10 } : nil,
            served: isServed,
            assumption: "p95 at \(tenths(line.arrivals * 60)) calls a minute: each user calls as "
                + "often as a tenant of the busiest hour (\(tenths(hourly)) an hour), a call takes "
                + "\(tenths(own.seconds)) s, and \(line.servers) run at once "
                + "(\(provider.limits)); one queue, random arrivals (M/M/c)"
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
    /// The number of calls of `seconds` each that run at once within both limits.
    fileprivate func servers(each seconds: Double) -> Int {
        guard let requestsPerMinute else { return max(1, concurrency) }
        let byRate = Double(requestsPerMinute) / 60 * seconds
        return max(1, min(concurrency, Int(min(byRate, 1e6))))
    }

    fileprivate var limits: String {
        "\(concurrency) configured" + (requestsPerMinute.map { ", \($0) a minute" } ?? "")
    }
}
