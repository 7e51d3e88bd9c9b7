import BerthBot
import BerthConfig
import BerthHTTP
import BerthLoop
import BerthProviders
import BerthStore
import BerthTestKit
import BerthText
import BerthWork
import Testing

/// Orders of API calls over starts: no order is given twice, and none is lost.
@Suite(.loop, .timeLimit(.minutes(20))) struct OrderRestartTests {
    /// The way in which the first service ends.
    enum End: CaseIterable {
        case kill, orderly
    }

    private static let path = "/v1/images/generations"
    private static let body = #"{"model":"berth","prompt":"a cat","seed":7}"#

    /// Sends the order as ann.
    @Loop private func ask(_ bot: BotFixture, _ key: String? = nil) async throws -> Answer {
        let fields = key.map { [("idempotency-key", $0)] } ?? []
        return try await bot.ask("POST", Self.path, Self.body, as: .key(bot.key), fields)
    }

    /// Orders a picture of a first service, ends it, and runs `test` with a second one on its data.
    ///
    /// - Parameters:
    ///   - end: the first service's end.
    ///   - key: the order's `Idempotency-Key`, or nil.
    ///   - beforehand: changes the data between the two.
    ///   - change: changes the second service's configuration.
    ///   - test: the test.
    /// - Throws: the error of a service or of the test.
    @Loop private func restarting(
        _ end: End,
        key: String? = nil,
        beforehand: Preparation? = nil,
        _ change: @escaping @Loop @Sendable (inout Configuration) -> Void = { _ in },
        _ test: @Loop (BotFixture, HandFal) async throws -> Void
    ) async throws {
        let fal = try HandFal()
        let configure: @Loop @Sendable (inout Configuration) -> Void = { settings in
            settings.chatModels.removeAll { $0.provider != "hand" }
            settings.cache.scope = .safe
            fal.configure(&settings)
        }
        let (folder, copy) = (try TemporaryFolder(inMemory: true), try TemporaryFolder())
        var first = Setup(folder: folder, configure)
        first.clock = ManualClock()
        let pool = TaskPool()
        try await withBot(first) { bot in
            pool.spawn { _ = try? await ask(bot, key) }
            _ = try await fal.job()
            try await bot.passing {
                let store = bot.store
                while try await store.openOrders(after: nil, limit: 9).isEmpty {}
            }
            guard end == .kill else {
                bot.stop.request()
                let isStopping = await eventually { bot.bot.turns.isStopping }
                #expect(isStopping)
                return
            }
            // The data as a kill at this moment leaves it.
            for file in ["berth.db", "berth.db-wal"] {
                try copy.write(try folder.read(file), to: file)
            }
        }
        if end == .orderly {
            let isCancelled = fal.jobs[0].isCancelled
            #expect(!isCancelled, "the job is left to the next start")
        }
        var second = Setup(folder: end == .kill ? copy : folder, seed: 2) { settings in
            configure(&settings)
            change(&settings)
        }
        second.clock = first.clock
        try await withBot(second, prepare: beforehand) { bot in
            try await test(bot, fal)
            bot.forgetLibrary()
        }
        pool.cancelAll()
        await fal.end()
    }

    /// The amounts that ann was charged in the end.
    @Loop private func settled(_ bot: BotFixture) async throws -> Amounts {
        let store = bot.store
        try await bot.passing {
            while try await !store.openOrders(after: nil, limit: 1).isEmpty {}
        }
        let hasEnded = try await bot.passing {
            await eventually { bot.ann.callsUnderWay.isEmpty }
        }
        #expect(hasEnded)
        let used = try await bot.used()
        #expect(used.reserved == Amounts())
        #expect(used.settled[.micros] == bot.bot.meter.usage(bot.ann).spentMicros)
        return used.settled
    }

    private static let one = Amounts((.requests, 1), (.images, 1), (.micros, 40_000))

    @Loop @Test(arguments: End.allCases)
    func `the pictures of a job are there for the client that asks again`(end: End) async throws {
        try await restarting(end) { bot, fal in
            try await checkPictures(bot, fal)
        }
    }

    /// Checks that the job of the first service is taken up, and its pictures are there.
    @Loop private func checkPictures(_ bot: BotFixture, _ fal: HandFal) async throws {
        let isUnderWay = await eventually { bot.ann.callsUnderWay.first?.isAsked == true }
        #expect(isUnderWay)
        fal.jobs[0].finish()
        let first = try await settled(bot)
        #expect(first == Self.one)
        let answer = try await ask(bot)
        #expect(answer.status == 200, "\(answer.text)")
        let links = answer.object?.elements("data")?.count
        let orders = fal.orders
        #expect(orders == 1 && links == 1)
        let used = try await bot.used().settled
        #expect(used == Amounts((.requests, 2), (.images, 1), (.micros, 40_000)))
        let troubles = try await bot.bot.turns.troubled(limit: 9)
        #expect(troubles.isEmpty)
    }

    @Loop @Test func `a client that asks again waits for the job`() async throws {
        try await restarting(.kill) { bot, fal in
            let (pool, answers) = (TaskPool(), Mailbox<Answer>())
            pool.spawn { if let answer = try? await ask(bot) { answers.put(answer) } }
            let isWaiting = await eventually { bot.ann.callsUnderWay.count == 2 }
            #expect(isWaiting)
            fal.jobs[0].finish()
            let answer = try await bot.passing { try await answers.next("the answer") }
            let orders = fal.orders
            #expect(answer.status == 200 && orders == 1)
            let used = try await settled(bot)
            #expect(used == Amounts((.requests, 2), (.images, 1), (.micros, 40_000)))
        }
    }

    @Loop @Test(arguments: [false, true])
    func `a request with a key has the outcome of the job`(asksBefore: Bool) async throws {
        try await restarting(.kill, key: "order-1") { bot, fal in
            let (pool, answers) = (TaskPool(), Mailbox<Answer>())
            let again: @Loop @Sendable () async -> Void = {
                if let answer = try? await ask(bot, "order-1") { answers.put(answer) }
            }
            #expect(await eventually { bot.ann.callsUnderWay.count == 1 })
            if asksBefore {
                pool.spawn(again)
                await settle()
            }
            fal.jobs[0].finish()
            #expect(try await settled(bot) == Self.one)
            if !asksBefore { pool.spawn(again) }
            let answer = try await bot.passing { try await answers.next("the answer") }
            #expect(answer.status == 200, "\(answer.text)")
            #expect(answer.headers["x-berth-idempotent"] == "replay")
            #expect(answer.object?.elements("data")?.count == 1)
            let orders = fal.orders
            #expect(orders == 1)
            #expect(try await settled(bot) == Self.one)
        }
    }

    /// A job that brings no picture.
    enum Failure: CaseIterable {
        case failed, refused, noPicture, unconfigured, suspended
    }

    @Loop @Test(arguments: Failure.allCases, [nil, "order-1"])
    func `a job that brings no picture is settled as what it is`(
        failure: Failure,
        key: String?
    ) async throws {
        let change: @Loop @Sendable (inout Configuration) -> Void = { settings in
            guard failure == .unconfigured else { return }
            settings.providers.removeAll { $0.name == "fal" }
            settings.imageModels[0].provider = "hand"
        }
        let suspend: Preparation = { store async throws(StoreError) in
            guard let ann = try await store.tenants().first(where: { $0.name == "ann" }) else {
                return
            }
            _ = try await store.suspendTenant(ann.id)
        }
        let beforehand = failure == .suspended ? suspend : nil
        try await restarting(.kill, key: key, beforehand: beforehand, change) { bot, fal in
            switch failure {
            case .failed: fal.jobs[0].fail(.error(503, "no worker"))
            case .refused: fal.jobs[0].fail(.error(422, "a bad prompt"))
            case .noPicture: fal.jobs[0].finish(Array("<html>sorry</html>".utf8))
            case .unconfigured, .suspended: break
            }
            let used = try await settled(bot)
            #expect(used == (failure == .failed ? Amounts() : Self.one))
            let troubles = try await bot.bot.turns.troubled(limit: 9)
            #expect(troubles.map(\.state) == (failure == .unconfigured ? [.uncertain] : []))
            let orders = fal.orders
            #expect(orders == 1)
            #expect(try await bot.store.files(after: "", limit: 9).isEmpty)
        }
    }

    @Loop @Test func `the operator ends a job that was taken up`() async throws {
        try await restarting(.kill) { bot, fal in
            let call = try #require(bot.ann.callsUnderWay.first)
            let hasEnded = bot.ann.endCall(call, .endedByOperator)
            let job = fal.jobs[0]
            #expect(hasEnded)
            #expect(await eventually { job.isCancelled })
            #expect(try await settled(bot) == Amounts())
        }
    }

    @Loop @Test func `a second kill leaves the job to the third start`() async throws {
        let third = try TemporaryFolder()
        try await restarting(.kill) { bot, fal in
            for file in ["berth.db", "berth.db-wal"] {
                try third.write(try bot.files.read(file), to: file)
            }
            let orders = try await bot.store.openOrders(after: nil, limit: 9)
            #expect(orders.count == 1)
            var setup = Setup(folder: third, seed: 3) { settings in
                settings.chatModels.removeAll { $0.provider != "hand" }
                settings.cache.scope = .safe
                fal.configure(&settings)
            }
            setup.clock = bot.clock
            try await withBot(setup) { last in
                fal.jobs[0].finish()
                let used = try await settled(last)
                #expect(used == Self.one)
                let count = fal.orders
                #expect(count == 1)
            }
        }
    }
}
