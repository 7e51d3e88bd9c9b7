import BerthAdmin
import BerthBot
import BerthCache
import BerthConfig
import BerthHTTP
import BerthImage
import BerthLoop
import BerthMemory
import BerthProviders
import BerthQueue
import BerthTestKit
import BerthText
import BerthWork
import Testing

@testable import BerthStore

/// The pressure ladder of a whole service, with kernel figures that the test sets.
@Suite(.loop, .timeLimit(.minutes(20))) struct MemoryKeeperTests {
    private static let setup = Setup {
        $0.memory.limit = .mebibytes(100)
        $0.chatModels.removeAll { $0.provider != "hand" }
    }
    private static let question = #"{"model":"hand/m","messages":[{"role":"user","content":"hi"}]}"#

    /// Looks until the ladder is on `rung`.
    @Loop private func climb(_ bot: BotFixture, to rung: PressureRung?, at resident: Int) async {
        bot.kernel.hold(.mebibytes(resident))
        for _ in PressureRung.allCases where bot.keeper.standing.rung != rung {
            await bot.keeper.look()
        }
        let stands = bot.keeper.standing.rung
        #expect(stands == rung)
    }

    @Loop @Test func `a start takes what the process holds as its fixed costs`() async throws {
        try await withBot(Self.setup) { bot in
            bot.kernel.hold(.mebibytes(30))
            try await bot.keeper.start()
            let ledger = bot.budget.standing
            #expect(ledger.fixed == .mebibytes(30) && ledger.free == .mebibytes(70))
        }
    }

    @Loop @Test func `a limit in which nothing fits is refused in words`() async throws {
        try await withBot(Self.setup) { bot in
            bot.kernel.hold(.mebibytes(99))
            let refusal = await #expect(throws: LimitTooLow.self) {
                try await bot.keeper.start()
            }
            #expect(refusal?.description.contains("make it at least 117.9 MiB") == true)
            bot.kernel.hold(.mebibytes(30))
            try await bot.keeper.start()
            #expect(throws: LimitTooLow.self) { try bot.keeper.setLimit(.mebibytes(31)) }
            #expect(bot.budget.limit == .mebibytes(100))
            try bot.keeper.setLimit(.mebibytes(40))
            #expect(bot.budget.limit == .mebibytes(40))
        }
    }

    @Loop @Test func `each rung is entered, logged, counted and left`() async throws {
        try await withBot(Self.setup) { bot in
            await climb(bot, to: .refuseLargest, at: 99)
            for rung in PressureRung.allCases {
                let times = bot.keeper.standing.entered[rung]
                let logged = bot.lines.all.contains { $0.contains("rung=\(rung.row.name)") }
                #expect(times == 1 && logged)
            }
            let last = bot.keeper.standing.last?.rung
            #expect(last == .refuseLargest && bot.bot.gate.isClosed)
            await climb(bot, to: nil, at: 20)
            let isTold = bot.lines.all.contains {
                $0.contains("left a rung of the pressure ladder rung=trim")
                    && $0.contains(#"regained_since="79 MiB""#)
            }
            #expect(isTold)
            let (isClosed, cache) = (bot.bot.gate.isClosed, bot.bot.cache.statistics.memory.limit)
            #expect(!isClosed && cache == bot.configuration.cache.memory)
        }
    }

    @Loop @Test func `the cache keeps a quarter until the pressure is gone`() async throws {
        try await withBot(Self.setup) { bot in
            let configured = bot.bot.cache.statistics.memory.limit
            await climb(bot, to: .shrinkCache, at: 82)
            let shrunk = bot.bot.cache.statistics.memory.limit
            #expect(shrunk.bytes == configured.bytes / 4)
        }
    }

    @Loop @Test func `idle connections are closed, and their clients come again`() async throws {
        try await withBot(Self.setup) { bot in
            _ = try await bot.ask("GET", "/v1/models", as: .key(bot.key))
            let before = bot.server.openConnections
            await climb(bot, to: .dropIdle, at: 87)
            let isClosed = await eventually { bot.server.openConnections == 0 }
            #expect(before == 1 && isClosed)
            let answer = try await bot.ask("GET", "/v1/models", as: .key(bot.key))
            #expect(answer.status == 200)
        }
    }

    @Loop
    @Test(arguments: [
        (85, PressureRung.dropIdle, PicturePressure.none), (86, .onePicture, .oneAtATime),
        (87, .smallPictures, .smaller), (88, .textOnly, .textOnly), (92, .queueOnly, .textOnly),
        (97, .refuseLargest, .textOnly),
    ])
    func `pictures are restricted step by step, and the restrictions end`(
        resident: Int,
        rung: PressureRung,
        pressure: PicturePressure
    ) async throws {
        try await withBot(Self.setup) { bot in
            await climb(bot, to: rung, at: resident)
            let pictures = bot.bot.pictures
            let (entered, cause) = (pictures.pressure, bot.keeper.standing.rung)
            #expect(entered == pressure && cause == rung)
            // A little less is not enough, which would else change each second.
            bot.kernel.hold(.mebibytes(resident - 5))
            await bot.keeper.look()
            let kept = pictures.pressure
            #expect(kept == pressure)
            await climb(bot, to: nil, at: 20)
            let left = pictures.pressure
            #expect(left == .none)
        }
    }

    @Loop @Test func `the rungs of pictures do not delay the next one`() async throws {
        try await withBot(Self.setup) { bot in
            bot.kernel.hold(.mebibytes(99))
            var rungs: [PressureRung?] = []
            for _ in 0..<5 {
                await bot.keeper.look()
                rungs.append(bot.keeper.standing.rung)
            }
            #expect(rungs == [.trim, .shrinkCache, .dropIdle, .queueOnly, .refuseLargest])
        }
    }

    @Loop @Test func `while memory is short a turn is accepted, waits and is answered then`()
        async throws
    {
        try await withBot(Self.setup) { bot in
            await climb(bot, to: .queueOnly, at: 92)
            let session = try await bot.session()
            let turn = try await bot.bot.turns.begin("hello", in: session, by: bot.ann)
            let reader = turn.reader()
            let event = try await reader.next()
            guard case .place(let place) = event else {
                Issue.record("not told why it waits")
                return
            }
            #expect(place.cause == .memory)
            // This is longer than an API call would wait.
            bot.clock.advance(by: .seconds(60))
            await settle()
            let (asked, row) = (bot.hand.received, try await bot.stored(turn.id))
            #expect(asked == 0 && row?.state == .accepted)
            await climb(bot, to: nil, at: 20)
            let call = try await bot.hand.call()
            call.say("here")
            call.finish()
            let (text, outcome) = try await turn.ended()
            #expect(text == "here" && outcome.end == .done)
        }
    }

    @Loop @Test func `where all wait and nothing is under way they go on one by one`()
        async throws
    {
        try await withBot(Self.setup) { bot in
            await climb(bot, to: .queueOnly, at: 92)
            var turns: [LiveTurn] = []
            for text in ["one", "two"] {
                let session = try await bot.session()
                turns.append(try await bot.bot.turns.begin(text, in: session, by: bot.ann))
            }
            #expect(await eventually { bot.bot.gate.count == 2 })
            for waiting in [1, 0] {
                for _ in 0..<5 { await bot.keeper.look() }
                await settle()
                let before = bot.bot.gate.count
                await bot.keeper.look()
                let call = try await bot.hand.call()
                #expect(before == waiting + 1 && bot.bot.gate.count == waiting)
                // While one call is under way, the others wait for its end.
                for _ in 0..<12 { await bot.keeper.look() }
                await settle()
                #expect(bot.bot.gate.count == waiting)
                call.say("here")
                call.finish()
                #expect(await eventually { bot.bot.turns.running == waiting })
            }
            let rung = bot.keeper.standing.rung
            #expect(rung == .queueOnly)
            for turn in turns { #expect(try await turn.ended().text == "here") }
        }
    }

    @Loop @Test func `the service's end is waited for by nobody at the gate`() async throws {
        try await withBot(Self.setup) { bot in
            await climb(bot, to: .queueOnly, at: 92)
            let session = try await bot.session()
            let turn = try await bot.bot.turns.begin("hello", in: session, by: bot.ann)
            async let call = bot.chat(Self.question)
            #expect(await eventually { bot.bot.gate.count == 2 })
            bot.stop.request()
            #expect(try await turn.ended().1.end == .interrupted)
            #expect(try await call.status == 503)
            #expect(try await bot.stored(turn.id)?.state == .accepted)
            #expect(bot.hand.received == 0)
        }
    }

    @Loop @Test func `an API call waits for a while and is then refused in words`() async throws {
        try await withBot(Self.setup) { bot in
            await climb(bot, to: .queueOnly, at: 92)
            async let first = bot.chat(Self.question)
            let waits = await eventually { bot.bot.gate.count == 1 }
            #expect(waits)
            bot.clock.advance(by: .seconds(20))
            let refused = try await first
            #expect(refused.status == 503)
            #expect(refused.error?.string("code") == "memory_pressure")
            #expect(refused.error?.string("message")?.contains("waited 20 s") == true)
            #expect(refused.headers["retry-after"] == "5")
            async let second = bot.chat(Self.question)
            let waitsAgain = await eventually { bot.bot.gate.count == 1 }
            #expect(waitsAgain)
            await climb(bot, to: nil, at: 20)
            try await bot.hand.call().answer(
                .json(
                    CompletionJSON.completion(
                        text: "here",
                        finish: "stop",
                        usage: TokenUsage(input: 1, output: 1, isEstimated: false)
                    )
                )
            )
            #expect(try await second.status == 200)
            let used = try await bot.used()
            #expect(used.requests == 1 && used.reservedTokens == 0)
        }
    }

    @Loop @Test func `an API call that asks what a waiting turn asks is refused in time too`()
        async throws
    {
        try await withBot(
            Setup {
                $0.memory.limit = .mebibytes(100)
                $0.cache.scope = .safe
                $0.chatModels.removeAll { $0.provider != "hand" }
            }
        ) { bot in
            await climb(bot, to: .queueOnly, at: 92)
            let session = try await bot.session()
            let turn = try await bot.bot.turns.begin("hi", in: session, by: bot.ann)
            let turnWaits = await eventually { bot.bot.gate.count == 1 }
            async let call = bot.chat(Self.question)
            let bothWait = await eventually { bot.bot.gate.count == 2 }
            #expect(turnWaits && bothWait)
            bot.clock.advance(by: .seconds(20))
            #expect(try await call.status == 503)
            let left = bot.bot.gate.count
            #expect(left == 1)
            await climb(bot, to: nil, at: 20)
            let asked = try await bot.hand.call()
            asked.say("here")
            asked.finish()
            let (text, _) = try await turn.ended()
            #expect(text == "here")
        }
    }

    @Loop @Test func `on the highest rung the largest is refused, the others are not`()
        async throws
    {
        try await withBot(Self.setup) { bot in
            let (bob, secret) = try await bot.bot.tenants.add("bob")
            let held = LeaseHolder(try bot.ann.account.lease(.mebibytes(10), for: .replyBuffer))
            try bot.keeper.setLimit(.mebibytes(40))
            bot.kernel.hold(.mebibytes(37))
            await climb(bot, to: .refuseLargest, at: 39)
            #expect(throws: BudgetError.self) {
                _ = try bot.ann.account.lease(.kibibytes(1), for: .requestBody)
            }
            let share = bot.budget.standing.share
            #expect(share < .mebibytes(10) && bob.account.held == .zero)
            #expect(bot.lines.all.contains { $0.contains("tenant=ann") })
            await climb(bot, to: nil, at: 20)
            withExtendedLifetime((held, secret)) {}
        }
    }

    @Loop @Test func `a database that stands still keeps nobody from being weighed`() async throws {
        try await withBot(Self.setup) { bot in
            let (pool, gate) = (TaskPool(), ThreadGate())
            let database = try #require(bot.store as? Database)
            pool.spawn { try? await database.read { (_) throws(StoreError) in gate.pass() } }
            try await gate.reached.wait()
            await climb(bot, to: .queueOnly, at: 92)
            gate.open()
            await pool.drain()
        }
    }

    @Loop @Test func `the cgroup's limit counts where it is nearer, without what is reclaimable`()
        async throws
    {
        try await withBot(Self.setup) { bot in
            bot.kernel.memory = Self.kernel(current: 76, reclaimable: 20, max: 80)
            await bot.keeper.look()
            let ground = bot.keeper.standing.rung
            #expect(ground == nil)
            bot.kernel.memory = Self.kernel(current: 76, reclaimable: 10, max: 80)
            await bot.keeper.look()
            let rung = bot.keeper.standing.rung
            #expect(rung == .trim)
        }
    }

    @Loop @Test func `a machine that stands still for memory is made room`() async throws {
        try await withBot(Self.setup) { bot in
            let stall = MemoryPressure.Stall(avg10: 12, avg60: 3, total: .seconds(9))
            let calm = MemoryPressure.Stall(avg10: 2, avg60: 3, total: .seconds(9))
            for (full, rung) in [(calm, nil), (stall, PressureRung.trim)] {
                bot.kernel.memory = KernelMemory(
                    process: ProcessMemory(
                        resident: .mebibytes(20),
                        anonymous: .mebibytes(4),
                        threads: 2
                    ),
                    cgroup: nil,
                    pressure: MemoryPressure(
                        scope: .machine,
                        file: "/proc/pressure/memory",
                        some: stall,
                        full: full
                    ),
                    absent: []
                )
                await bot.keeper.look()
                let stands = bot.keeper.standing.rung
                #expect(stands == rung)
            }
        }
    }

    private static func kernel(current: Int, reclaimable: Int, max: Int) -> KernelMemory {
        KernelMemory(
            process: ProcessMemory(resident: .mebibytes(20), anonymous: .mebibytes(4), threads: 2),
            cgroup: CgroupMemory(
                version: .v2,
                folder: "/sys/fs/cgroup/x",
                current: .mebibytes(current),
                reclaimable: .mebibytes(reclaimable),
                limits: .init(high: nil, max: .mebibytes(max)),
                events: CgroupMemory.Events()
            ),
            pressure: nil,
            absent: []
        )
    }
}
