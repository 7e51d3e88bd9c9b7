import BerthAdmin
import BerthBot
import BerthConfig
import BerthFiles
import BerthHTTP
import BerthLoop
import BerthMemory
import BerthStore
import BerthTelemetry
import BerthTestKit
import BerthText
import BerthWork
import Testing

@Suite(.loop, .timeLimit(.minutes(20))) struct FilesAdminTests {
    @Loop private func add(_ bot: BotFixture, _ seed: UInt8) async throws {
        let bytes = [UInt8](repeating: seed, count: 1000)
        _ = try await bot.bot.files.add(bytes, FileKind("image/png"), for: bot.ann.fileOwner)
    }

    @Loop private func report<Value: Decodable>(
        _ bot: BotFixture,
        _ method: String,
        _ path: String
    ) async throws -> Value {
        let answer = try await bot.admin(method, path)
        try #require(answer.status == 200, "\(answer.text)")
        return try JSON.decode(Value.self, from: answer.bytes)
    }

    @Loop @Test func `files are reported by tenant with the share of the quota`() async throws {
        try await withBot(Setup { ($0.quotas.files, $0.quotas.disk) = (10, .kibibytes(10)) }) {
            bot in
            _ = try await bot.bot.tenants.add("bob")
            let made = bot.clock.timestamp
            for seed in 1...3 as ClosedRange<UInt8> {
                try await add(bot, seed)
                bot.clock.advance(by: .seconds(5))
            }
            let all: FilesReport = try await report(bot, "GET", "/admin/files")
            #expect(all.tenants.map(\.tenant) == ["ann", "bob"])
            let ann = all.tenants[0]
            #expect(ann.files == 3 && ann.bytes == 3000 && ann.share == 30)
            #expect(ann.oldestMs == made.milliseconds && ann.filesLimit == 10)
            #expect(all.tenants[1].files == 0 && all.tenants[1].oldestMs == nil)
            let disk = try #require(all.disk)
            #expect(disk.own >= 3000 && disk.free > 0 && disk.highWater == 80)
            let one: FilesReport = try await report(bot, "GET", "/admin/files?tenant=bob")
            #expect(one.tenants.map(\.tenant) == ["bob"])
            #expect(try await bot.admin("GET", "/admin/files?tenant=zoe").status == 404)
            let samples = try Exposition(bot.metrics.text).samples
            #expect(samples["berth_files"] == 3 && samples["berth_files_bytes"] == 3000)
            let number = bot.ann.row.id.value
            #expect(samples[#"berth_tenant_files{tenant="\#(number)"}"#] == 3)
            #expect(samples[#"berth_tenant_files_bytes{tenant="\#(number)"}"#] == 3000)
            let shown: TenantInfo = try await report(bot, "GET", "/admin/tenants/ann")
            #expect(shown.number == number)
            let memory = try bot.memory.report(of: "ann")
            #expect(memory.account.files == 3 && memory.account.disk == 3000)
        }
    }

    @Loop @Test func `a cleanup shows its plan, and applies it when told`() async throws {
        try await withBot { bot in
            for seed in 1...2 as ClosedRange<UInt8> { try await add(bot, seed) }
            let fresh: CleanupReport = try await report(bot, "GET", "/admin/cleanup")
            #expect(!fresh.applied && fresh.files.isEmpty && fresh.bytes == 0)
            bot.clock.advance(by: .seconds(7200))
            let path = "/admin/cleanup?tenant=ann&older_than=1h"
            let plan: CleanupReport = try await report(bot, "GET", path)
            #expect(!plan.applied && plan.bytes == 2000)
            #expect(plan.files.allSatisfy { $0.tenant == "ann" && $0.why.contains("1h") })
            let kept = bot.bot.files.accounts.files
            #expect(kept == 2)
            let done: CleanupReport = try await report(bot, "POST", path)
            #expect(done.applied && done.files == plan.files && done.failure == nil)
            let again: CleanupReport = try await report(bot, "POST", path)
            #expect(again.applied && again.files.isEmpty)
            #expect(bot.metrics.text.contains("berth_files_deleted_total{rule=\"expired\"} 2\n"))
        }
    }

    @Loop @Test(arguments: ["older_than=soon", "tenant=zoe"])
    func `a cleanup of what does not exist is refused`(query: String) async throws {
        try await withBot { bot in
            let answer = try await bot.admin("POST", "/admin/cleanup?\(query)")
            #expect(answer.status == 400 || answer.status == 404)
        }
    }

    @Loop @Test func `removing a tenant reports its files`() async throws {
        try await withBot { bot in
            try await add(bot, 1)
            let gone: TenantSecrets = try await report(bot, "DELETE", "/admin/tenants/ann")
            #expect(gone.files == 1 && gone.bytes == 1000)
        }
    }

    @Loop @Test func `metrics have a series for each tenant that is there, and no name`()
        async throws
    {
        try await withBot { bot in
            let (bob, _) = try await bot.bot.tenants.add("bob")
            try await add(bot, 1)
            @Loop func tenants() throws -> [String] {
                let samples = try Exposition(bot.metrics.text).samples.keys
                return samples.filter { $0.hasPrefix("berth_tenant_files{") }.sorted()
            }
            let numbers = [bot.ann, bob].map { $0.row.id.value }.sorted()
            let series = try tenants()
            #expect(series == numbers.map { #"berth_tenant_files{tenant="\#($0)"}"# })
            let text = bot.metrics.text
            #expect(!text.contains("ann\"") && !text.contains("bob"))
            try await bot.bot.set(.removed, of: bob)
            let left = try tenants()
            #expect(left == [series[0]])
        }
    }
}
