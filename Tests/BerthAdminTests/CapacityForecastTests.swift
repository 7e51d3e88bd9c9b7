import BerthMemory
import BerthStore
import Testing

@testable import BerthAdmin

/// Forecasts for a number of users.
@Suite struct CapacityForecastTests {
    /// A service that has worked: tenants at work held 100 KiB, a call took 2 s, and a tenant of the
    /// busiest hour made 18 calls in it.
    private static var basis: CapacityBasis {
        var basis = CapacityBasis()
        for _ in 1...100 { basis.held.add(.kibibytes(96)) }
        basis.base = .mebibytes(20)
        basis.shared = .mebibytes(4)
        basis.limit = .mebibytes(64)
        basis.reserve = .mebibytes(1)
        basis.load.turns = 1000
        basis.load.bytes = 4_000_000
        basis.load.tenantDays = 10
        basis.load.requests = 250
        basis.load.busiestCalls = 90
        basis.load.busiestTenants = 5
        basis.load.providers = [.init(name: "p", calls: 100, seconds: 2)]
        basis.providers = [.init(name: "p", concurrency: 2, requestsPerMinute: nil)]
        return basis
    }

    @Test func `each number follows from what was measured, and says so`() throws {
        let forecast = CapacityForecast(users: 50, from: Self.basis)
        let each = 96 << 10
        #expect(forecast.peak.bytes == 24 << 20 + 50 * (each + MemoryPicture.connection.bytes))
        #expect(forecast.peak.assumption.contains("p95 of a tenant at work (96 KiB)"))
        #expect(forecast.holds == true)
        // 50 users × 25 requests × 4,000 bytes.
        #expect(forecast.disk.bytes == 5_000_000)
        #expect(forecast.disk.assumption.contains("(25)"))
        let wait = try #require(forecast.waits.first)
        #expect(wait.provider == "p" && wait.served == true)
        #expect(wait.assumption.hasPrefix("p95 at 15 calls a minute"))
    }

    /// Users → whether the limit of 64 MiB holds; a mebibyte is reserved.
    @Test(arguments: [(1, true), (380, true), (382, false), (1_000_000, false)])
    func `the limit holds for so many`(users: Int, holds: Bool) {
        var basis = Self.basis
        basis.held = HeldHistogram()
        for _ in 1...60 { basis.held.add(.kibibytes(96)) }
        basis.limit = .mebibytes(25) + ByteCount(381 * (96 << 10 + MemoryPicture.connection.bytes))
        #expect(CapacityForecast(users: users, from: basis).holds == holds)
    }

    @Test func `without samples nothing is guessed`() {
        var basis = CapacityBasis()
        basis.providers = [.init(name: "p", concurrency: 2, requestsPerMinute: 60)]
        let forecast = CapacityForecast(users: 50, from: basis)
        #expect(forecast.peak.bytes == nil && forecast.disk.bytes == nil && forecast.holds == nil)
        #expect(forecast.waits.map(\.seconds) == [nil] && forecast.waits.map(\.served) == [nil])
        let words = [
            forecast.peak.assumption, forecast.disk.assumption, forecast.waits[0].assumption,
        ]
        #expect(words.allSatisfy { $0.hasPrefix("not enough use yet to estimate this: 0 of ") })
    }

    /// Users, requests a minute → whether all are served.
    @Test(
        arguments: [
            // Two calls at once of 2 s each are 60 a minute, which 200 users need.
            (199, nil, true), (200, nil, false),
            // A provider that allows 30 calls a minute runs one at once.
            (99, 30, true), (100, 30, false),
            // Below one call at once, the rate itself is the limit.
            (19, 6, true), (20, 6, false),
        ] as [(Int, Int?, Bool)]
    )
    func `a load that is more than can be served is told`(
        users: Int,
        perMinute: Int?,
        served: Bool
    ) throws {
        var basis = Self.basis
        basis.providers = [.init(name: "p", concurrency: 2, requestsPerMinute: perMinute)]
        let wait = try #require(CapacityForecast(users: users, from: basis).waits.first)
        #expect(wait.served == served)
        #expect((wait.seconds != nil) == served)
    }

    /// Servers, load → the probability of waiting, by Erlang's table.
    @Test(arguments: [
        (1, 0.5, 0.5), (2, 1.0, 0.3333), (5, 4.0, 0.5541), (10, 8.0, 0.4092), (2, 2.5, 1),
    ])
    func `the waiting line is Erlang's`(servers: Int, load: Double, probability: Double) {
        let line = WaitingLine(servers: servers, service: 2, arrivals: load / 2)
        #expect(abs(line.waiting - probability) < 0.0001)
    }

    @Test func `a wait ends where hardly anybody waits, or grows without end`() throws {
        #expect(WaitingLine(servers: 8, service: 1, arrivals: 1).wait(0.95) == 0)
        #expect(WaitingLine(servers: 1, service: 1, arrivals: 1).wait(0.95) == nil)
        #expect(WaitingLine(servers: 1, service: 1, arrivals: 0).wait(0.95) == 0)
        // M/M/1: P(W > t) = ρ e^-(μ-λ)t.
        let wait = try #require(WaitingLine(servers: 1, service: 1, arrivals: 0.5).wait(0.95))
        #expect(abs(wait - 4.605) < 0.001)
    }
}
