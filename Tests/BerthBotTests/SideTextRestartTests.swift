import BerthBot
import BerthConfig
import BerthLoop
import BerthStore
import BerthTestKit
import BerthText
import BerthWork
import Testing

/// English prompts of orders of pictures over starts: no prompt is bought twice.
@Suite(.loop, .timeLimit(.minutes(20))) struct SideTextRestartTests {
    private static let noon = Timestamp(milliseconds: 1_760_000_000_000)

    /// The state in which the earlier run has left the translation.
    private enum Left {
        case settled(String)
        case charged
        case open
    }

    /// A store with an accepted order, whose prompt the earlier run has asked to be translated.
    private static func after(_ left: Left) -> Preparation {
        { store async throws(StoreError) in
            let tenant = try await store.addTenant(named: "old", at: noon).id
            let draft = SessionDraft(publicID: "s", place: Place(channel: .web), tenant: tenant)
            guard let session = try await store.openSession(draft, at: noon) else { return }
            var turn = TurnDraft(
                publicID: "t-1",
                session: session.id,
                tenant: tenant,
                text: "/image eine Katze"
            )
            turn.kind = .image
            let row = try await store.acceptTurn(turn, at: noon)
            var reservation = Reservation(
                tenant: tenant,
                provider: "hand",
                model: "m",
                amounts: Amounts((.outputTokens, 100), (.micros, 2_000))
            )
            reservation.sideText = .prompt(of: row)
            let call = try await store.startCall(reservation, at: noon)
            var settlement = Settlement(
                call: call,
                reservation: reservation,
                since: noon,
                cost: Amounts((.micros, 50)),
                isEstimated: false
            )
            switch left {
            case .settled(let text): settlement.sideText = text
            case .charged: break
            case .open: return
            }
            _ = try await store.settle([settlement], at: noon)
        }
    }

    /// Runs `test` with a service that starts with the order, and with its owner.
    @Loop private static func starting(
        _ left: Left,
        askingAgainBelow limit: Int64 = 10_000,
        _ test: @Loop (BotFixture, HandFal, LiveTenant) async throws -> Void
    ) async throws {
        let fal = try HandFal()
        let setup = Setup { settings in
            settings.chatModels.removeAll { $0.provider != "hand" }
            settings.uncertain.askAgainBelow = Money(micros: limit)
            fal.configure(&settings, prompt: "english")
        }
        try await withBot(setup, prepare: after(left)) { bot in
            try await test(bot, fal, try bot.bot.tenants.named("old"))
            bot.forgetLibrary()
        }
        await fal.end()
    }

    /// Has fal draw, and returns the prompt that it got.
    @Loop private static func drawn(_ bot: BotFixture, _ fal: HandFal) async throws -> String? {
        let job = try await bot.passing { try await fal.job() }
        job.finish()
        return job.input.string("prompt")
    }

    @Loop @Test func `a prompt that was translated is not translated again`() async throws {
        try await Self.starting(.settled("a cat")) { bot, fal, old in
            #expect(try await Self.drawn(bot, fal) == "a cat")
            let turn = try await bot.bot.turns.find("t-1", of: old)
            #expect(try await bot.ended(turn).outcome.end == .done)
            let used = try await bot.used(old)
            // The translation of the earlier run and the picture.
            #expect(used.settled == Amounts((.requests, 2), (.images, 1), (.micros, 40_050)))
            // The text has been used.
            let row = try #require(try await bot.store.turn(publicID: "t-1")?.id)
            #expect(try await bot.store.sideText([.prompt(of: row)]) == nil)
        }
    }

    @Loop @Test func `a cheap translation that a kill cut off is bought again by the house`()
        async throws
    {
        try await Self.starting(.open) { bot, fal, old in
            let call = try await bot.hand.call()
            call.say("a tabby")
            call.finish()
            #expect(try await Self.drawn(bot, fal) == "a tabby")
            let turn = try await bot.bot.turns.find("t-1", of: old)
            #expect(try await bot.ended(turn).outcome.end == .done)
            let used = try await bot.used(old)
            #expect(used.requests == 2 && used.reserved == Amounts())
            #expect(try await bot.bot.turns.troubles().absorbedCalls == 1)
        }
    }

    @Loop
    @Test(arguments: [true, false])
    func `a translation of which nobody knows is a person's to repeat`(isOpen: Bool) async throws {
        try await Self.starting(isOpen ? .open : .charged, askingAgainBelow: 0) { bot, fal, old in
            let turn = try await bot.bot.turns.find("t-1", of: old)
            let outcome = try await bot.ended(turn).outcome
            #expect(outcome.end == .uncertain)
            #expect(outcome.error?.contains("restarted") == true)
            let orders = fal.orders
            #expect(orders == 0)
            try await bot.bot.retry("t-1")
            let call = try await bot.hand.call()
            call.say("a cat")
            call.finish()
            #expect(try await Self.drawn(bot, fal) == "a cat")
            let again = try await bot.bot.turns.find("t-1", of: old)
            #expect(try await bot.ended(again).outcome.end == .done)
        }
    }

    @Loop @Test func `an orderly stop leaves a translation to the next start`() async throws {
        let fal = try HandFal()
        let configure: @Loop @Sendable (inout Configuration) -> Void = { settings in
            settings.chatModels.removeAll { $0.provider != "hand" }
            settings.uncertain.askAgainBelow = Money(micros: 1_000_000)
            fal.configure(&settings, prompt: "english")
        }
        let (folder, clock) = (try TemporaryFolder(inMemory: true), ManualClock())
        var first = Setup(folder: folder, configure)
        first.clock = clock
        var name = ""
        try await withBot(first) { bot in
            let turn = try await bot.draw("/image eine Katze", in: try await bot.session())
            name = turn.id
            _ = try await bot.hand.call()
            bot.stop.request()
            let isStopping = await eventually { bot.bot.turns.isStopping }
            #expect(isStopping)
            bot.clock.advance(by: .seconds(10))
            #expect(try await turn.ended().outcome.end == .interrupted)
        }
        var second = Setup(folder: folder, seed: 2, configure)
        second.clock = clock
        try await withBot(second) { bot in
            let before = try await bot.used()
            #expect(before.settled == Amounts(), "the house bears the call")
            let call = try await bot.hand.call()
            call.say("a cat")
            call.finish()
            #expect(try await Self.drawn(bot, fal) == "a cat")
            let turn = try await bot.bot.turns.find(name, of: bot.ann)
            #expect(try await bot.ended(turn).outcome.end == .done)
            bot.forgetLibrary()
        }
        await fal.end()
    }
}
