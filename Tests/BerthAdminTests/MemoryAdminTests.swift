import BerthBot
import BerthConfig
import BerthHTTP
import BerthLoop
import BerthMemory
import BerthTestKit
import BerthText
import BerthWork
import Testing

@testable import BerthAdmin

/// Memory reports over the admin socket.
@Suite(.loop, .timeLimit(.minutes(20))) struct MemoryAdminTests {
    private func report(_ bot: BotFixture) async throws -> MemoryReport {
        let answer = try await bot.admin("GET", "/admin/memory")
        return try JSON.decode(MemoryReport.self, from: answer.bytes)
    }

    @Loop @Test func `the report of this very process adds up`() async throws {
        try await withBot { bot in
            bot.memory.mark("this process")
            let lease = LeaseHolder(try bot.ann.account.lease(.kibibytes(64), for: .requestBody))
            await bot.keeper.look()
            let report = try await report(bot)
            #expect(report.lines.reduce(report.unexplained) { $0 + $1.bytes } == report.rss)
            #expect(report.rss > 1 << 20 && report.anonymous < report.rss)
            #expect(report.unexplained >= 0 && report.limit == 128 << 20)
            let own = report.lines.filter { $0.tenant == "ann" }
            #expect(own == [.init(account: "request body", tenant: "ann", bytes: 64 << 10)])
            #expect(
                report.shared.map(\.account) == ["cache", "model lists", "redis", "shared answers"]
            )
            #expect(report.kernel.threads == 2)
            #expect(report.absent == ["libvips: not loaded, because this build makes no pictures"])
            withExtendedLifetime(lease) {}
        }
    }

    @Loop @Test func `a forgotten lease is named after two looks`() async throws {
        try await withBot { bot in
            let lease = try bot.ann.account.lease(.kibibytes(8), for: .replyBuffer)
            let forgotten = unsafe Unmanaged.passRetained(LeaseHolder(lease))
            defer { unsafe forgotten.release() }
            for _ in 1...2 { await bot.keeper.look() }
            let ann = try await report(bot).tenants.first { $0.tenant == "ann" }
            #expect(ann?.leaks == [.init(purpose: "reply buffer", bytes: 8 << 10)])
            let own = try await bot.admin("GET", "/admin/memory?tenant=ann")
            let mine = try JSON.decode(TenantMemoryReport.self, from: own.bytes)
            #expect(mine.account.leaks.count == 1 && mine.p95 == 8 << 10)
        }
    }

    @Loop @Test func `one tenant's is by purpose`() async throws {
        try await withBot { bot in
            let leases = try [MemoryPurpose.requestBody, .replyBuffer].map {
                LeaseHolder(try bot.ann.account.lease(.kibibytes(2), for: $0))
            }
            let answer = try await bot.admin("GET", "/admin/memory?tenant=ann")
            let report = try JSON.decode(TenantMemoryReport.self, from: answer.bytes)
            #expect(report.lines.map(\.account) == ["request body", "reply buffer"])
            #expect(report.account.held == 4 << 10 && report.account.peak == 4 << 10)
            #expect(report.p50 == nil)
            let nobody = try await bot.admin("GET", "/admin/memory?tenant=bob")
            #expect(nobody.status == 404)
            #expect(nobody.error?.string("message")?.contains("'bob'") == true)
            withExtendedLifetime(leases) {}
        }
    }

    // MARK: Forecast

    @Loop @Test func `a forecast is of what the database and the ledger have seen`() async throws {
        try await withBot { bot in
            let lease = LeaseHolder(try bot.ann.account.lease(.kibibytes(100), for: .replyBuffer))
            for _ in 1...60 { bot.budget.look() }
            let answer = try await bot.admin("GET", "/admin/memory?users=50")
            let forecast = try JSON.decode(CapacityForecast.self, from: answer.bytes)
            #expect(forecast.users == 50)
            #expect(forecast.peak.bytes.map { $0 > 50 * 100 << 10 } == true)
            #expect(forecast.holds != nil)
            #expect(forecast.disk.bytes == nil)
            #expect(forecast.waits.map(\.provider) == ["hand", "fake", "spare", "dead"])
            #expect(forecast.waits.allSatisfy { $0.seconds == nil })
            withExtendedLifetime(lease) {}
            for users in ["0", "-1", "many", "1000001"] {
                let refused = try await bot.admin("GET", "/admin/memory?users=\(users)")
                #expect(refused.status == 400)
                #expect(refused.error?.string("message") == "users must be 1 to 1000000")
            }
        }
    }

    // MARK: Alarms

    /// Leaks far more than 8 % of a test process's memory, for four looks.
    ///
    /// A process that runs all tests holds up to a gibibyte.
    @Loop private func forget(_ bot: BotFixture) async throws {
        let forgotten = LeaseHolder(try bot.ann.account.lease(.mebibytes(400), for: .replyBuffer))
        for _ in 1...2 { await bot.keeper.look() }
        for _ in 1...2 { await bot.memory.warn() }
        withExtendedLifetime(forgotten) {}
    }

    @Loop @Test func `a large leak is warned of once, and again when it comes back`() async throws {
        let setup = Setup {
            $0.memory.limit = .mebibytes(1024)
            $0.quotas.memory = .mebibytes(500)
        }
        try await withBot(setup) { bot in
            for _ in 1...2 {
                try await forget(bot)
                await bot.memory.warn()
            }
            let warnings = bot.lines.all.filter { $0.contains("part=leaked") }
            #expect(warnings.count == 2)
        }
    }

    // MARK: The limit

    @Loop @Test func `a new limit is in force at once`() async throws {
        try await withBot { bot in
            let answer = try await bot.admin("PATCH", "/admin/memory", #"{"limit":"40MiB"}"#)
            #expect(answer.status == 200 && answer.object?.integer("limit") == 40 << 20)
            #expect(bot.budget.limit == .mebibytes(40))
        }
    }

    @Loop @Test func `a limit that leaves nothing to work with is refused in words`() async throws {
        try await withBot { bot in
            try await bot.keeper.start()
            let low = try await bot.admin("PATCH", "/admin/memory", #"{"limit":"21MiB"}"#)
            #expect(low.status == 400)
            #expect(
                low.error?.string("message") == "memory.limit is 21 MiB, but Berth itself takes "
                    + "20 MiB while idle, reserves 0 B for error messages, "
                    + "and needs room for work: make it at least 22 MiB"
            )
            for body in [#"{"limit":"much"}"#, #"{"limit":"-1"}"#, "{}", #"{"size":"1GiB"}"#, "["] {
                #expect(try await bot.admin("PATCH", "/admin/memory", body).status == 400)
            }
            #expect(bot.budget.limit == .mebibytes(128))
            let least = try await bot.admin("PATCH", "/admin/memory", #"{"limit":"22MiB"}"#)
            #expect(least.status == 200)
        }
    }

    @Loop @Test func `Prometheus has the ledger, the kernel and the ladder, and no tenant`()
        async throws
    {
        try await withBot { bot in
            let lease = LeaseHolder(try bot.ann.account.lease(.kibibytes(64), for: .requestBody))
            await bot.keeper.look()
            let text = try await bot.ask("GET", "/metrics").text
            let samples = try Exposition(text).samples
            #expect(samples["berth_memory_limit_bytes"] == 134_217_728)
            #expect(samples["berth_memory_leased_bytes"] == 65_536)
            #expect(samples["berth_memory_refused_total"] == 0)
            #expect(samples["berth_memory_rung"] == 0)
            #expect(samples[#"berth_memory_rung_entries_total{rung="trim"}"#] == 0)
            #expect(samples[#"berth_memory_drift_bytes_total{direction="up"}"#] == 20_905_984)
            #expect(samples["process_resident_memory_bytes"] == 20_971_520)
            #expect(samples["berth_anonymous_memory_bytes"] == 4_194_304)
            #expect(!text.contains("ann\""))
            withExtendedLifetime(lease) {}
        }
    }
}
