import BerthAdmin
import BerthBot
import BerthConfig
import BerthLoop
import BerthMemory
import BerthProviders
import BerthStore
import BerthTelemetry
import BerthTestKit
import BerthText
import BerthWork
import Testing

/// The providers' quirks across restarts, and the tiny questions of the doctor.
@Suite(.loop, .timeLimit(.minutes(20))) struct QuirkKeeperTests {
    private static let entry: QuirkBook.Entry = {
        var quirks = Quirks()
        quirks.outputLimit = .maxCompletionTokens
        quirks.leaveOut(.streamOptions)
        return QuirkBook.Entry(
            provider: "p",
            model: "m",
            server: "http://a/v1 (none)",
            since: Timestamp(milliseconds: 1_760_000_000_000),
            quirks: quirks
        )
    }()

    @Loop @Test func `what was learnt is written at once and read at the next start`() async throws
    {
        let files = try TemporaryFolder()
        let store = try await Database.open(in: DataFolder(path: files.path), log: .silent)
        let (book, stop, pool) = (QuirkBook(), Stop(), TaskPool())
        let keeper = QuirkKeeper(book, store: store, in: .quiet())
        pool.spawn { await keeper.run(until: stop) }
        book.learn(Self.entry)
        while try await store.kept(.quirks) == nil { await Task.yield() }
        let file = DataFolder.database(in: files.path)
        let bytes = try await Database.kept(.quirks, in: file)
        let read = try bytes.map { try JSON.decode([QuirkBook.Entry].self, from: $0) }
        #expect(read == [Self.entry])
        stop.request()
        await pool.drain()

        let after = QuirkBook()
        await QuirkKeeper(after, store: store, in: .quiet()).load()
        let entries = after.entries
        #expect(entries == [Self.entry])
        await store.close()
    }

    @Loop @Test func `what is damaged is one warning and is learnt again`() async throws {
        let files = try TemporaryFolder()
        let store = try await Database.open(in: DataFolder(path: files.path), log: .silent)
        try await store.keep(Array("{".utf8), as: .quirks)
        let (book, lines) = (QuirkBook(), LogLines())
        await QuirkKeeper(book, store: store, in: Surroundings(log: lines.log)).load()
        let count = book.entries.count
        #expect(count == 0)
        await store.close()
    }

    // MARK: The doctor's questions

    @Loop @Test func `each model is asked a tiny question that the house pays`() async throws {
        let setup = Setup { settings in
            settings.chatModels.removeAll { model in
                !["echo", "401", "too-long", "d"].contains(model.model)
            }
        }
        try await withBot(setup) { bot in
            for _ in 1...2 {
                let trials = try await bot.bot.tryModels()
                #expect(
                    trials.map { "\($0.model) \($0.ok)" } == [
                        "fake/echo true", "fake/401 false", "fake/too-long false", "dead/d false",
                    ]
                )
                #expect(trials[0].says.contains("yes") && trials[0].micros > 0)
                #expect(trials[1].says.contains("api_key"))
                #expect(trials[2].says.contains("maximum context is 8 tokens"))
            }
            await bot.bot.meter.drain()
            let house = try bot.bot.tenants.named(Tenant.houseName)
            let now = bot.clock.timestamp
            let used = try await bot.store.usage(of: house.row.id, on: now)
            #expect(used.requests == 2 && used.micros > 0 && used.reservedTokens == 0)
            #expect(try await bot.store.usage(of: bot.ann.row.id, on: now).requests == 0)
            let answer = try await bot.admin("POST", "/admin/models/try")
            #expect(answer.object?.elements("trials")?.count == 4)
        }
    }

    @Loop @Test func `the house takes no tenant's place and has no key`() async throws {
        try await withBot(Setup { $0.limits.tenants = 2 }) { bot in
            _ = try await bot.bot.tenants.reserved(Tenant.houseName)
            _ = try await bot.bot.tenants.add("bob")
            let error = await #expect(throws: BotError.self) {
                try await bot.bot.tenants.add("eve")
            }
            #expect(error?.description.contains("2") == true)
            let house = try bot.bot.tenants.named(Tenant.houseName)
            #expect(bot.bot.tenants.keys(of: house).isEmpty)
        }
    }
}
