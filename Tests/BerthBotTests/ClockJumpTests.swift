import BerthBot
import BerthConfig
import BerthHTTP
import BerthLoop
import BerthProviders
import BerthQueue
import BerthStore
import BerthTestKit
import BerthWork
import Testing

/// Services whose machine's clock is set to other dates, while they run and between two runs.
@Suite(.loop, .timeLimit(.minutes(20))) struct ClockJumpTests {
    private static let quota = 3
    private static let year = Duration.seconds(365 * 86_400)

    /// A service on the data and the machine of an earlier one.
    private static func setup(
        _ folder: TemporaryFolder,
        _ clock: ManualClock,
        seed: UInt64
    ) -> Setup {
        var setup = Setup(folder: folder, seed: seed) { $0.quotas.requestsPerDay = quota }
        setup.clock = clock
        return setup
    }

    /// Buys until the quota refuses.
    ///
    /// - Returns: the number of answers.
    @Loop private func buy(_ bot: BotFixture) async throws -> Int {
        let models = bot.bot.models.candidates("fake/echo")
        let request = try bot.request()
        for count in 0...(2 * Self.quota) {
            switch await bot.failure(of: { _ = try await bot.complete(request, models) }) {
            case nil: continue
            case .overQuota(_, let wait):
                // The wait is that of a day, however far the machine's clock is away.
                #expect(wait > .zero && wait <= .seconds(25 * 3600))
                return count
            case let error:
                Issue.record("\(String(describing: error))")
                return count
            }
        }
        return 2 * Self.quota
    }

    @Loop @Test(arguments: 1...4)
    func `25 jumps, some with a restart, sell no more than the quota of each day`(
        seed: UInt64
    ) async throws {
        var random = SeededGenerator(seed: seed)
        let (folder, clock) = (try TemporaryFolder(inMemory: true), ManualClock())
        let start = clock.now
        var (bought, offset): ([Duration], Duration) = ([], .zero)
        for life in 1...8 {
            try await withBot(Self.setup(folder, clock, seed: seed * 100 + UInt64(life))) { bot in
                for _ in 0..<(life == 8 ? 4 : 3) {
                    let unit = [1, 60, 3600, 86_400, 31_536_000][Int(random.next() % 5)]
                    let jump = Duration.seconds(Int64(unit) * (Int64(random.next() % 41) - 20))
                    clock.step(by: jump - offset)
                    offset = jump
                    clock.advance(by: .seconds(Int64(random.next() % (9 * 3600))))
                    let count = try await buy(bot)
                    bought += Array(repeating: clock.now - start, count: count)
                }
                await bot.bot.meter.drain()
                let settled = try await bot.store.usageTotal().settled[.requests]
                #expect(settled == Int64(bought.count))
            }
        }
        // A whole day lies between a purchase and the one after two quotas more.
        for (first, second) in zip(bought, bought.dropFirst(2 * Self.quota)) {
            #expect(second - first >= .seconds(23 * 3600))
        }
        // Nobody is locked out: each day that was visited has sold its quota.
        let elapsed = clock.now - start
        #expect(bought.count >= Self.quota * Int(elapsed.seconds / (35 * 3600)))
        #expect(bought.count <= Self.quota * (1 + Int(elapsed.seconds / (23 * 3600))))
    }

    @Loop @Test(arguments: [86_400, -86_400, 31_536_000, -31_536_000])
    func `a jump, also over a restart, gives nothing anew while no time passes`(
        by seconds: Int64
    ) async throws {
        let (folder, clock) = (try TemporaryFolder(inMemory: true), ManualClock())
        for (life, jumps) in [[seconds, -seconds, seconds], [0, -seconds], [seconds]].enumerated() {
            try await withBot(Self.setup(folder, clock, seed: UInt64(life + 1))) { bot in
                let first = try await buy(bot)
                #expect(first == (life == 0 ? Self.quota : 0))
                for jump in jumps {
                    clock.step(by: .seconds(jump))
                    #expect(try await buy(bot) == 0)
                }
            }
        }
    }

    @Loop @Test(arguments: [1, -1])
    func `a turn that is to be tried again waits its pause, whatever the clock does`(
        sign: Int
    ) async throws {
        var policy = WorkPolicy.impatient
        policy.backoff = Backoff(base: .seconds(1), most: .seconds(8), attempts: 3)
        policy.patience = .seconds(60)
        let setup = Setup(policy: policy) { $0.chatModels.removeAll { $0.provider != "hand" } }
        try await withBot(setup) { bot in
            let (turn, call) = try await bot.ask("hello", in: try await bot.session())
            let reader = turn.reader()
            call.answer(.error(503, "busy", retryAfter: .seconds(7)))
            var pause = Duration.zero
            while pause == .zero, let event = try await reader.next() {
                if case .place(let place) = event { pause = place.wait }
            }
            bot.clock.step(by: Self.year * sign)
            bot.clock.advance(by: .seconds(6))
            await settle()
            #expect(bot.hand.received == 1)
            bot.clock.advance(by: pause + .seconds(1) - .seconds(6))
            let second = try await bot.hand.call()
            second.say("here")
            second.finish()
            #expect(try await turn.ended().text == "here")
        }
    }

    @Loop @Test func `an expired login link stays expired when the clock goes back`() async throws {
        let (folder, clock) = (try TemporaryFolder(inMemory: true), ManualClock())
        var tokens: [String] = []
        try await withBot(Self.setup(folder, clock, seed: 1)) { bot in
            for _ in 0..<3 {
                tokens.append(try bot.token(of: await bot.bot.access.link(for: bot.ann)))
            }
            // A clock that goes forward ends no link early.
            clock.step(by: .seconds(2 * 86_400))
            #expect(try await bot.bot.access.login(token: tokens[0]) != nil)
            clock.step(by: .seconds(-2 * 86_400))
            clock.advance(by: .seconds(25 * 3600))
            clock.step(by: .seconds(-3 * 86_400))
            #expect(try await bot.bot.access.login(token: tokens[1]) == nil)
        }
        clock.step(by: .zero - Self.year)
        try await withBot(Self.setup(folder, clock, seed: 2)) { bot in
            for token in tokens {
                let login = try await bot.bot.access.login(token: token)
                #expect(login == nil)
            }
        }
    }
}
