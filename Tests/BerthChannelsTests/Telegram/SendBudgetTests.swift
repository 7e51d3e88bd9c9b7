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
        /// The calls that the server has seen: the chat, the times of the slot and of the arrival,
        /// and whether the call is a preview.
        var calls: [(chat: Int, began: Instant, at: Instant, isPreview: Bool)] = []
        var refusals: [SendBudget.Refusal] = []
        /// The longest time of a call to the server, and of its answer back.
        private let slowest: Duration
        private var random: SeededGenerator

        init(
            _ limits: Configuration.Telegram.Limits = .init(),
            slowest: Duration = .zero,
            seed: UInt64 = 1
        ) {
            budget = SendBudget(limits, in: .quiet(clock, seed: seed))
            (self.slowest, random) = (slowest, SeededGenerator(seed: seed))
        }

        func send(to chat: Int, tenant: String = "ann", count: Int = 1) {
            pool.spawn { [self] in
                do throws(SendBudget.Refusal) {
                    let slot = try await budget.slot(in: chat, tenant: tenant, count: count)
                    await make(slot, chat, count)
                } catch { refusals.append(error) }
            }
        }

        func preview(in chat: Int) async {
            guard let slot = budget.preview(in: chat) else { return await settle() }
            pool.begin { [self] in await make(slot, chat, 1, isPreview: true) }
            await settle()
        }

        private func make(
            _ slot: SendBudget.Slot,
            _ chat: Int,
            _ count: Int,
            isPreview: Bool = false
        ) async {
            let began = clock.now
            await travel()
            for _ in 0..<count { calls.append((chat, began, clock.now, isPreview)) }
            await travel()
            budget.end(slot)
        }

        private func travel() async {
            guard slowest > .zero else { return }
            let most = slowest.milliseconds()
            let time = Duration.milliseconds(Int64.random(in: 0...most, using: &random))
            try? await clock.sleep(for: time)
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
        for _ in 0..<9 { await bench.preview(in: 5) }
        #expect(bench.calls.count == 2)
        bench.send(to: 5)
        await settle()
        #expect(bench.calls.map(\.isPreview) == [true, true, false])
        await bench.preview(in: 5)
        #expect(bench.calls.count == 3)
    }

    @Loop @Test func `a call on its way counts, and its chat gets nothing new meanwhile`() async {
        var limits = Configuration.Telegram.Limits()
        (limits.chatPerMinute, limits.perSecond) = (6_000, 2)
        let bench = Bench(limits, slowest: .zero)
        let slots = [bench.budget.preview(in: 5), bench.budget.preview(in: 6)].compactMap(\.self)
        // One slot is kept back for a message.
        #expect(slots.count == 1)
        bench.send(to: 7)
        await settle()
        #expect(bench.calls.map(\.chat) == [7])
        bench.send(to: 8)
        await bench.advance(.milliseconds(950))
        #expect(bench.calls.map(\.chat) == [7])
        await bench.advance(.milliseconds(100))
        #expect(bench.calls.map(\.chat) == [7, 8])
        // The first call may reach the server only now.
        bench.send(to: 9)
        await bench.advance(.milliseconds(900))
        #expect(bench.calls.map(\.chat) == [7, 8])
        for slot in slots { bench.budget.end(slot) }
        await bench.advance(.milliseconds(150))
        #expect(bench.calls.map(\.chat) == [7, 8, 9])
    }

    @Loop @Test func `a limit of one call a second gives one a second`() async {
        var limits = Configuration.Telegram.Limits()
        limits.perSecond = 1
        let bench = Bench(limits)
        for chat in 1...4 { bench.send(to: chat) }
        await bench.advance(.milliseconds(3_100))
        #expect(bench.calls.count == 4)
        #expect(bench.most(within: .seconds(1)) { _ in true } == 1)
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
        await bench.preview(in: 5)
        #expect(bench.calls.count == 1)
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
    func `no call is above the rates or within a flood's time, however long it is on its way`(
        seed: UInt64
    ) async {
        let slowest = Duration.milliseconds([0, 40, 300, 2_500][Int(seed % 4)])
        let bench = Bench(slowest: slowest, seed: seed)
        var random = SeededGenerator(seed: seed)
        var parked: [Int: Range<Instant>] = [:]
        var early = 0
        for _ in 0..<600 {
            let chat = Int.random(in: 1...12, using: &random)
            let isGroup = Bool.random(using: &random)
            let seen = bench.calls.count
            switch Int.random(in: 0..<20, using: &random) {
            case 0:
                let wait = Duration.seconds(Int.random(in: 1...20, using: &random))
                bench.budget.flooded(isGroup ? -chat : chat, for: wait)
                let now = bench.clock.now
                parked[isGroup ? -chat : chat] = now..<now + wait
            case 1...9:
                bench.send(
                    to: isGroup ? -chat : chat,
                    tenant: "t\(chat % 5)",
                    count: Int.random(in: 1...2, using: &random)
                )
            default: await bench.preview(in: isGroup ? -chat : chat)
            }
            await settle()
            let step = Duration.milliseconds(Int.random(in: 10...400, using: &random))
            await bench.advance(step, by: .milliseconds(10))
            for call in bench.calls[seen...] where parked[call.chat]?.contains(call.began) == true {
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

    @Loop @Test(arguments: 1...8 as ClosedRange<UInt64>)
    func `the server sees at most thirty calls in any second, however long they are on their way`(
        seed: UInt64
    ) async {
        let slowest = Duration.milliseconds([10, 60, 400, 1_500][Int(seed % 4)])
        let bench = Bench(slowest: slowest, seed: seed)
        for chat in 1...180 { bench.send(to: chat, tenant: "t\(chat % 7)") }
        await bench.advance(.seconds(30), by: .milliseconds(10))
        #expect(bench.calls.count + bench.refusals.count == 180)
        #expect(bench.calls.count > 100)
        let all = bench.most(within: .seconds(1)) { _ in true }
        #expect(all <= 30)
    }
}
