import BerthBot
import BerthChannels
import BerthLoop
import BerthStore
import BerthTestKit
import Testing

/// Deliveries that wait while the machine's clock is set to another date.
@Suite(.loop, .timeLimit(.minutes(20))) struct OutboxClockTests {
    private static let place = Place(channel: .telegram, chat: "7")

    @Loop @Test(arguments: [3600, -3600, 31_536_000, -31_536_000])
    func `a part waits its pause, whatever the clock does`(by seconds: Int64) async throws {
        let messenger = Messenger()
        try await withBot(messenger.setup) { bot in
            try await bot.exchange("hi", "a", at: Self.place)
            try await messenger.next().fail(.later("flood", wait: .seconds(60)))
            await bot.reads { $0.count == 1 && $0[0].attempts == 1 }
            bot.clock.step(by: .seconds(seconds))
            bot.clock.advance(by: .seconds(59))
            await settle()
            #expect(messenger.begun.count == 1)
            bot.clock.advance(by: .seconds(3))
            try await messenger.next().succeed()
        }
    }

    @Loop @Test(arguments: [3600, -3600, 31_536_000, -31_536_000])
    func `a part waits its pause over a restart too`(by seconds: Int64) async throws {
        let (messenger, folder) = (Messenger(), try TemporaryFolder(inMemory: true))
        let clock = ManualClock()
        var setup = messenger.setup(in: folder)
        setup.clock = clock
        try await withBot(setup) { bot in
            try await bot.exchange("hi", "a", at: Self.place)
            try await messenger.next().fail(.later("flood", wait: .seconds(60)))
            await bot.reads { $0.count == 1 && $0[0].attempts == 1 }
        }
        clock.step(by: .seconds(seconds))
        clock.advance(by: .seconds(30))
        setup = messenger.setup(in: folder, seed: 2)
        setup.clock = clock
        try await withBot(setup) { _ in
            await settle()
            clock.advance(by: .seconds(29))
            await settle()
            #expect(messenger.begun.count == 1)
            clock.advance(by: .seconds(3))
            try await messenger.next().succeed()
        }
    }

    @Loop @Test func `a part that a wrong clock has put off for years waits ten minutes at most`()
        async throws
    {
        let (messenger, folder) = (Messenger(), try TemporaryFolder(inMemory: true))
        try await withBot(messenger.setup(in: folder)) { bot in
            try await bot.exchange("hi", "a", at: Self.place)
            let delivery = try await messenger.next()
            let late = bot.clock.timestamp + .seconds(31_536_000)
            _ = try await bot.store.retryOutboxLater(
                delivery.part.id,
                at: late,
                because: "x",
                isUnsure: false
            )
            delivery.fail(.stopping)
        }
        try await withBot(messenger.setup(in: folder, seed: 2)) { bot in
            await settle()
            #expect(messenger.begun.count == 1)
            bot.clock.advance(by: .seconds(600))
            try await messenger.next().succeed()
        }
    }
}
