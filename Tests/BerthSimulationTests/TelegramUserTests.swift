import BerthHTTP
import BerthLoop
import BerthTelemetry
import BerthTestKit
import Testing

@testable import BerthSimulation

@Suite(.loop) struct TelegramUserTests {
    /// A user who has asked questions, and what came of them.
    @Loop private final class Bench {
        let clock = ManualClock()
        let user: TelegramUser
        let bot: FakeTelegramBot
        var results: [Int: TurnResult] = [:]
        private var asked = 0
        private let pool = TaskPool()

        init() throws {
            let surroundings = Surroundings.quiet(clock)
            let network = InMemoryNetwork(in: surroundings)
            bot = FakeTelegram(client: network, in: surroundings).bot(42)
            let plan = SimulationPlan(users: 1, seconds: 9, seed: 4, telegram: 1)
            user = TelegramUser(plan.people[1], bot, in: surroundings)
        }

        func ask() async {
            asked += 1
            let (number, turn) = (asked, PlannedTurn.of("question \(asked)"))
            pool.begin { self.results[number] = await self.user.ask(turn) }
            await settle()
        }

        /// Has the bot send a message.
        func say(_ text: String, _ method: String = "sendmessage") async {
            user.saw(
                FakeTelegramBot.Sent(
                    method: method,
                    chat: 1_001,
                    message: 1,
                    text: text,
                    arguments: [:],
                    ms: 0
                )
            )
            await settle()
        }

        func answer(_ number: Int) -> String {
            "token1 question \(number) «sim-4-1.\(number)» at \(clock.timestamp.milliseconds) ms"
        }
    }

    @Loop @Test func `an answer is known by its question, and its times are measured`()
        async throws
    {
        let bench = try Bench()
        await bench.ask()
        #expect(bench.bot.updates.count == 1)
        bench.clock.advance(by: .milliseconds(300))
        await bench.say("token1", "sendmessagedraft")
        let text = bench.answer(1)
        bench.clock.advance(by: .milliseconds(50))
        await bench.say(text)
        let result = bench.results[1]
        #expect(result?.verdict == .answered && result?.isInOrder == true)
        #expect(result?.firstToken == .milliseconds(300) && result?.full == .milliseconds(350))
        #expect(result?.sinceLastToken == .milliseconds(50))
        #expect(bench.user.doubled == 0)
        await bench.say(text)
        #expect(bench.user.doubled == 1)
    }

    @Loop @Test func `answers out of order and the bot's own words are told apart`() async throws {
        let bench = try Bench()
        for _ in 0..<3 { await bench.ask() }
        await bench.say(bench.answer(2))
        await bench.say("The provider has failed. Try again.")
        await bench.say(bench.answer(3))
        #expect(bench.results[1]?.verdict == .refused(code: "telegram notice"))
        #expect(bench.results[2]?.isInOrder == false && bench.results[3]?.isInOrder == true)
        #expect(bench.user.doubled == 0)
    }
}

extension PlannedTurn {
    static func of(_ text: String) -> PlannedTurn {
        PlannedTurn(
            pause: .zero,
            text: text,
            isRepeated: false,
            isPicture: false,
            isFollowed: false
        )
    }
}
