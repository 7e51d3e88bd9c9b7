import BerthBot
import BerthChannels
import BerthConfig
import BerthHTTP
import BerthLoop
import BerthSimulation
import BerthStore
import BerthTelemetry
import BerthTestKit
import Testing

@Suite(.loop, .timeLimit(.minutes(10))) struct TelegramFloodTests {
    private static let chats = 50
    private static let messages = 5

    @Loop
    @Test(arguments: [Configuration.Telegram.Stream.off, .drafts])
    func `fifty chats under flood control lose nothing, double nothing, and are not called early`(
        _ stream: Configuration.Telegram.Stream
    ) async throws {
        let clock = ManualClock()
        var change = TelegramBench.Change()
        (change.access, change.hasFloods, change.clock) = (.open, true, clock)
        (change.stream, change.isEchoed) = (stream, true)
        try await TelegramBench.run(change) { bench in
            for number in 1...Self.messages {
                for chat in 100..<(100 + Self.chats) {
                    let person = FakeTelegramPerson(id: chat, name: "p\(chat)")
                    bench.telegram.bring("m\(number)", in: chat, from: person)
                }
            }
            let wanted = Self.chats * Self.messages
            while bench.answers < wanted, !Task.isCancelled {
                let before = bench.answers
                guard await eventually({ bench.answers >= wanted || bench.answers > before + 20 })
                else { break }
            }
            // A message that comes twice would come by now.
            await bench.delivered()
            for chat in 100..<(100 + Self.chats) {
                let texts = bench.texts(to: chat)
                #expect(texts.count == Self.messages)
                for (index, text) in texts.enumerated() {
                    #expect(text.contains("m\(index + 1)"))
                }
            }
            let worst = try await bench.worstWait(in: 100..<(100 + Self.chats))
            print("from the last token to the complete message: at most \(worst.milliseconds()) ms")
            // All 250 messages leave within 9 s at 30 a second, and 5 of a chat within 4 s.
            #expect(worst < .seconds(20))
            let floods = bench.telegram.floods
            #expect(floods.early == 0)
            #expect(bench.telegram.faults.isEmpty)
            let counts = try await bench.counts()
            #expect(counts.failedParts == 0 && counts.unsureParts == 0)
            // Calls count until they are answered, so a slow machine cannot bring them together.
            #expect(floods.refused == 0)
            #expect(bench.bot.metrics.text.contains("berth_outbox_seconds_count 250\n"))
        }
    }
}

extension TelegramBench {
    /// The number of messages that were sent to all chats.
    var answers: Int { telegram.sent.count(where: { $0.method == "sendmessage" }) }

    /// The longest time from the end of a turn, right after the provider's last token, to its
    /// message.
    func worstWait(in chats: Range<Int>) async throws -> Duration {
        var worst = Duration.zero
        for chat in chats {
            let place = Place(channel: .telegram, chat: "42/\(chat)")
            let session = try #require(try await bot.store.session(at: place))
            let page = try await bot.store.history(
                of: session.id,
                before: nil,
                limit: 50,
                bytes: .max
            )
            let ends = (page?.turns ?? []).compactMap(\.finished).sorted()
            let sent = telegram.sent.filter { $0.chat == chat && $0.method == "sendmessage" }
            try #require(ends.count == sent.count)
            // The fake was made when the clock began.
            let sinceStart = bot.clock.now - Instant(nanoseconds: 0)
            for (end, message) in zip(ends, sent) {
                let at = bot.clock.timestamp + (Duration.milliseconds(message.ms) - sinceStart)
                worst = max(worst, at - end)
            }
        }
        return worst
    }
}
