import BerthChannels
import BerthConfig
import BerthLoop
import BerthTelemetry
import BerthTestKit
import Testing

@Suite(.loop) struct SendBudgetTests {
    /// A budget on a clock that a test moves.
    @Loop private final class Bench {
        let clock = ManualClock()
        let budget: SendBudget
        let pool = TaskPool()
        /// The calls with a slot: the chat, the time and whether the call is a preview.
        var calls: [(chat: Int, at: Instant, isPreview: Bool)] = []
        var refusals: [SendBudget.Refusal] = []

        init(_ limits: Configuration.Telegram.Limits = .init(), seed: UInt64 = 1) {
            budget = SendBudget(limits, in: .quiet(clock, seed: seed))
        }

        func send(to chat: Int, tenant: String = "ann", count: Int = 1) {
            pool.spawn { [self] in
                do throws(SendBudget.Refusal) {
                    try await budget.slot(in: chat, tenant: tenant, count: count)
                    for _ in 0..<count { calls.append((chat, clock.now, false)) }
                } catch { refusals.append(error) }
            }
        }

        func preview(in chat: Int) {
            if budget.preview(in: chat) == nil { calls.append((chat, clock.now, true)) }
        }

        /// Moves the clock in steps, so that each call has its own time.
        func advance(_ time: Duration, by step: Duration = .milliseconds(50)) async {
            var left = time
            while left > .zero {
                clock.advance(by: step)
                await settle()
                left -= step
            }
        }

        /// The most calls of a kind within any span.
        func most(within span: Duration, where isMeant: (Int) -> Bool) -> Int {
            let times = calls.filter { isMeant($0.chat) }.map(\.at).sorted()
            var (first, most) = (0, 0)
            for (index, time) in times.enumerated() {
                while time - times[first] >= span { first += 1 }
                most = max(most, index - first + 1)
            }
            return most
        }
    }

    @Loop @Test func `messages of a chat leave one a second after a small burst`() async {
        let bench = Bench()
        for _ in 0..<8 { bench.send(to: 5) }
        await settle()
        #expect(bench.calls.count == 3)
        await bench.advance(.seconds(1) + .milliseconds(100))
        #expect(bench.calls.count == 4)
        await bench.advance(.seconds(5))
        #expect(bench.calls.count == 8)
        #expect(bench.refusals.isEmpty)
    }

    @Loop @Test func `a preview leaves the last slot for the final message`() async {
        let bench = Bench()
        for _ in 0..<9 { bench.preview(in: 5) }
        #expect(bench.calls.count == 2)
        bench.send(to: 5)
        await settle()
        #expect(bench.calls.map(\.isPreview) == [true, true, false])
        let next = bench.budget.preview(in: 5)
        #expect(next != nil)
    }

    @Loop @Test func `a parked chat holds no task, and others go on`() async throws {
        let bench = Bench()
        bench.budget.flooded(5, for: .seconds(30))
        #expect(bench.budget.parked == 1)
        bench.send(to: 5)
        bench.send(to: 6)
        await settle()
        #expect(bench.calls.map(\.chat) == [6])
        guard case .later(let wait) = bench.refusals.first else {
            Issue.record("not refused")
            return
        }
        #expect(wait >= .seconds(30) && wait <= .seconds(31))
        let next = bench.budget.preview(in: 5)
        #expect(next != nil)
        await bench.advance(wait)
        #expect(bench.budget.parked == 0)
        bench.send(to: 5)
        await settle()
        #expect(bench.calls.map(\.chat) == [6, 5])
    }

    @Loop @Test func `a chat that is parked while calls wait sends them away`() async {
        let bench = Bench()
        for _ in 0..<5 { bench.send(to: 5) }
        await settle()
        bench.budget.flooded(5, for: .seconds(60))
        await settle()
        #expect(bench.refusals.count == 2)
        #expect(bench.budget.waiting == 0)
    }

    @Loop @Test func `floods of several chats pause the whole bot`() async {
        let bench = Bench()
        for chat in [5, 6] { bench.budget.flooded(chat, for: .seconds(9)) }
        var isPaused = bench.budget.isPaused
        #expect(!isPaused)
        bench.budget.flooded(7, for: .seconds(9))
        isPaused = bench.budget.isPaused
        #expect(isPaused)
        bench.send(to: 8)
        await settle()
        #expect(bench.calls.isEmpty)
        #expect(bench.refusals.count == 1)
        await bench.advance(.seconds(10))
        bench.send(to: 8)
        await settle()
        #expect(bench.calls.count == 1)
    }

    @Loop @Test func `the bot's rate is shared over tenants, not over calls`() async {
        let bench = Bench()
        for chat in 1...60 { bench.send(to: chat, tenant: "many") }
        await settle()
        bench.send(to: 900, tenant: "few")
        await bench.advance(.milliseconds(200))
        let place = bench.calls.firstIndex { $0.chat == 900 }
        #expect(place != nil && place ?? 99 < 10)
        await bench.advance(.seconds(4))
        #expect(bench.calls.count == 61)
    }

    @Loop @Test func `a cancelled call gives its place back`() async {
        let bench = Bench()
        for _ in 0..<6 { bench.send(to: 5) }
        await settle()
        bench.pool.cancelAll()
        await bench.pool.drain()
        #expect(bench.budget.waiting == 0)
        #expect(bench.refusals == [.cancelled, .cancelled, .cancelled])
    }

    @Loop @Test(arguments: 1...20 as ClosedRange<UInt64>)
    func `no call is above the rates or within a flood's time`(seed: UInt64) async {
        let bench = Bench(seed: seed)
        var random = SeededGenerator(seed: seed)
        var parked: [Int: Instant] = [:]
        var early = 0
        for _ in 0..<600 {
            let chat = Int.random(in: 1...12, using: &random)
            let isGroup = Bool.random(using: &random)
            let seen = bench.calls.count
            switch Int.random(in: 0..<20, using: &random) {
            case 0:
                let wait = Duration.seconds(Int.random(in: 1...20, using: &random))
                bench.budget.flooded(isGroup ? -chat : chat, for: wait)
                parked[isGroup ? -chat : chat] = bench.clock.now + wait
            case 1...9:
                bench.send(
                    to: isGroup ? -chat : chat,
                    tenant: "t\(chat % 5)",
                    count: Int.random(in: 1...2, using: &random)
                )
            default: bench.preview(in: isGroup ? -chat : chat)
            }
            await settle()
            let step = Duration.milliseconds(Int.random(in: 10...400, using: &random))
            await bench.advance(step, by: .milliseconds(10))
            for call in bench.calls[seen...] where call.at < parked[call.chat] ?? call.at {
                early += 1
            }
        }
        #expect(early == 0)
        #expect(bench.calls.count > 100)
        for chat in 1...12 {
            let person = bench.most(within: .seconds(60)) { $0 == chat }
            let group = bench.most(within: .seconds(60)) { $0 == -chat }
            #expect(person <= 60 && group <= 20)
        }
        let all = bench.most(within: .seconds(1)) { _ in true }
        #expect(all <= 30)
        bench.pool.cancelAll()
        await bench.pool.drain()
    }
}
