import BerthBot
import BerthConfig
import BerthLoop
import BerthProviders
import BerthStore
import BerthTestKit
import BerthWork
import Testing

/// Pictures over starts: no order is given twice.
@Suite(.loop, .timeLimit(.minutes(20))) struct PictureRestartTests {
    /// The way in which the first service ends.
    enum End: CaseIterable {
        case kill, orderly
    }

    /// Orders a picture at a first service, ends it, and runs `test` with a second one on its data.
    ///
    /// - Parameters:
    ///   - end: the first service's end.
    ///   - beforehand: changes the data between the two.
    ///   - change: changes the second service's configuration.
    ///   - test: the test, with the turn's public name.
    /// - Throws: the error of a service or of the test.
    @Loop private func restarting(
        _ end: End,
        beforehand: Preparation? = nil,
        _ change: @escaping @Loop @Sendable (inout Configuration) -> Void = { _ in },
        _ test: @Loop (BotFixture, HandFal, String) async throws -> Void
    ) async throws {
        let fal = try HandFal()
        let configure: @Loop @Sendable (inout Configuration) -> Void = { settings in
            settings.chatModels.removeAll { $0.provider != "hand" }
            fal.configure(&settings)
        }
        let (folder, copy) = (try TemporaryFolder(inMemory: true), try TemporaryFolder())
        let clock = ManualClock()
        var name = ""
        var first = Setup(folder: folder, configure)
        first.clock = clock
        try await withBot(first) { bot in
            let turn = try await bot.draw("/image a cat", in: try await bot.session())
            _ = try await fal.job()
            _ = try await bot.progress(of: turn.reader())
            name = turn.id
            guard end == .kill else { return }
            // The data as a kill at this moment leaves it.
            for file in ["berth.db", "berth.db-wal"] {
                try copy.write(try folder.read(file), to: file)
            }
        }
        var second = Setup(folder: end == .kill ? copy : folder, seed: 2) { settings in
            configure(&settings)
            change(&settings)
        }
        second.clock = clock
        try await withBot(second, prepare: beforehand) { bot in
            try await test(bot, fal, name)
            bot.forgetLibrary()
        }
        await fal.end()
    }

    @Loop @Test(arguments: End.allCases)
    func `the job of an earlier run is asked for its result, and not ordered again`(
        end: End
    ) async throws {
        try await restarting(end) { bot, fal, name in
            let held = try await bot.store.usage(of: bot.ann.row.id, on: bot.clock.timestamp)
            #expect(held.reserved[.images] == 1 && held.requests == 1)
            let usage = bot.bot.meter.usage(bot.ann)
            #expect(usage.images == 1 && usage.spentMicros == 40_000)
            let turn = try await bot.bot.turns.find(name, of: bot.ann)
            _ = try await bot.progress(of: turn.reader())
            #expect(try await bot.store.turn(publicID: name)?.state == .running)
            fal.jobs[0].finish()
            let outcome = try await bot.ended(turn).outcome
            #expect(outcome.end == .done && outcome.pictures.count == 1)
            let (orders, isCancelled) = (fal.orders, fal.jobs[0].isCancelled)
            #expect(orders == 1 && !isCancelled)
            let used = try await bot.used()
            #expect(used.settled == Amounts((.requests, 1), (.images, 1), (.micros, 40_000)))
            #expect(used.reserved == Amounts())
            let after = bot.bot.meter.usage(bot.ann)
            #expect(after.images == 1 && after.spentMicros == 40_000)
        }
    }

    @Loop @Test(arguments: End.allCases)
    func `a job whose provider is no longer configured is uncertain`(end: End) async throws {
        let without: @Loop @Sendable (inout Configuration) -> Void = { settings in
            settings.providers.removeAll { $0.name == "fal" }
            settings.imageModels[0].provider = "hand"
        }
        try await restarting(end, without) { bot, fal, name in
            let turn = try await bot.bot.turns.find(name, of: bot.ann)
            let outcome = try await bot.ended(turn).outcome
            #expect(outcome.end == .uncertain)
            #expect(outcome.error?.contains("no longer configured") == true)
            let used = try await bot.used()
            #expect(used.settled[.micros] == 40_000 && used.reserved == Amounts())
            #expect(try await bot.bot.turns.troubled(limit: 9).map(\.state) == [.uncertain])
        }
    }

    @Loop @Test(arguments: End.allCases)
    func `the job of a tenant that was suspended meanwhile is cancelled`(end: End) async throws {
        let suspend: Preparation = { store async throws(StoreError) in
            guard let ann = try await store.tenants().first(where: { $0.name == "ann" }) else {
                return
            }
            _ = try await store.suspendTenant(ann.id)
        }
        try await restarting(end, beforehand: suspend) { bot, fal, name in
            let (turns, job) = (bot.bot.turns, fal.jobs[0])
            let hasEnded = await eventually { job.isCancelled && turns.running == 0 }
            #expect(hasEnded)
            let stored = try #require(try await bot.store.turn(publicID: name))
            #expect(stored.state == .failed && stored.error?.contains("suspended") == true)
            let used = try await bot.used()
            #expect(used.settled[.images] == 1 && used.reserved == Amounts())
        }
    }

    @Loop @Test func `the turn of a removed tenant is gone, and its call is closed`() async throws {
        let remove: Preparation = { store async throws(StoreError) in
            guard let ann = try await store.tenants().first(where: { $0.name == "ann" }) else {
                return
            }
            _ = try await store.removeTenant(ann.id)
        }
        try await restarting(.kill, beforehand: remove) { bot, fal, name in
            #expect(try await bot.store.turn(publicID: name) == nil)
            let total = try await bot.store.usageTotal()
            #expect(total.settled[.images] == 1 && total.reserved == Amounts())
            let orders = fal.orders
            #expect(orders == 1)
        }
    }

    @Loop @Test func `a stop after the restart reaches the provider's cancel`() async throws {
        try await restarting(.kill) { bot, fal, name in
            let turn = try await bot.bot.turns.find(name, of: bot.ann)
            try bot.bot.turns.stop(name, by: bot.ann)
            #expect(try await bot.ended(turn).outcome.end == .stopped)
            let job = fal.jobs[0]
            #expect(await eventually { job.isCancelled })
        }
    }
}
