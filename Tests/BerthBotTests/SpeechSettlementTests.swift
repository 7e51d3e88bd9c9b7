import BerthBot
import BerthConfig
import BerthFiles
import BerthHTTP
import BerthLoop
import BerthProviders
import BerthStore
import BerthTestKit
import BerthText
import BerthWork
import Testing

/// The cost of transcripts on a tenant's account.
@Suite(.loop, .timeLimit(.minutes(20))) struct SpeechSettlementTests {
    /// A service whose models transcribe in this order, for 6 cents a minute.
    private static func hearing(_ models: String...) -> Setup {
        Setup { settings in
            settings.speechModels = models.map {
                .init(provider: "fake", model: $0, price: Money(micros: 60_000))
            }
        }
    }

    /// A recording in memory.
    private struct Recording: SourcePicture {
        let kind = "audio/ogg"
        let bytes: Int

        func read(at offset: Int, count: Int) async throws(ProviderError) -> [UInt8] {
            [UInt8](repeating: 7, count: min(count, bytes - offset))
        }
    }

    /// The words of a recording, or the failure.
    @Loop private static func hear(
        _ bot: BotFixture,
        bytes: Int = 24_000,
        seconds: Int? = 10
    ) async throws -> (text: String?, error: BotError?) {
        let ask = try SpeechAsk(
            Recording(bytes: bytes),
            seconds: seconds,
            bot.bot.speech.models,
            bot.ann,
            requestID: "r",
            since: bot.clock.now
        )
        do throws(BotError) { return (try await bot.bot.speech.transcribe(ask), nil) } catch {
            return (nil, error)
        }
    }

    /// A model, a recording, and the seconds that it is charged for.
    struct Case: Sendable {
        let model: String
        var bytes = 24_000
        var seconds: Int? = 10
        let charged: Int64
        let isEstimated: Bool
    }

    @Loop
    @Test(arguments: [
        Case(model: "whisper-1", charged: 12, isEstimated: false),
        Case(model: "speech-duration", charged: 31, isEstimated: false),
        Case(model: "speech-uncounted", charged: 10, isEstimated: true),
        Case(model: "speech-tokens", charged: 10, isEstimated: true),
        // A length that the sender does not say is the longest that the bytes can have.
        Case(model: "speech-uncounted", seconds: nil, charged: 12, isEstimated: true),
        // A sender who says too little pays for the bytes.
        Case(model: "speech-uncounted", bytes: 960_000, charged: 30, isEstimated: true),
        Case(model: "speech-uncounted", seconds: 0, charged: 0, isEstimated: true),
        // A provider that counts a day charges what the bytes can have.
        Case(model: "speech-endless", charged: 60, isEstimated: false),
        Case(model: "speech-endless", bytes: 960_000, charged: 480, isEstimated: false),
        Case(model: "speech-silent", charged: 3, isEstimated: false),
    ])
    func `a recording is charged by its length`(row: Case) async throws {
        try await withBot(Self.hearing(row.model)) { bot in
            let text = try await Self.hear(bot, bytes: row.bytes, seconds: row.seconds).text
            let used = try await bot.used()
            #expect(text != nil)
            #expect(used.micros == row.charged * 1_000)
            #expect(used.requests == 1 && used.reserved == Amounts())
            #expect(used.estimated == (row.isEstimated ? 1 : 0))
            #expect(used.settled[.images] == 0 && used.tokens == 0)
        }
    }

    @Loop
    @Test(arguments: ["401", "429", "529", "no-credit", "404"])
    func `a refused recording costs nothing`(model: String) async throws {
        try await withBot(Self.hearing(model)) { bot in
            let error = try await Self.hear(bot).error
            let used = try await bot.used()
            #expect(error != nil)
            #expect(used.micros == 0 && used.reserved == Amounts())
        }
    }

    @Loop
    @Test(arguments: ["speech-cut", "speech-textless"])
    func `a recording that may have been transcribed costs its reservation`(
        model: String
    ) async throws {
        try await withBot(Self.hearing(model)) { bot in
            let error = try await Self.hear(bot).error
            let used = try await bot.used()
            #expect(error != nil)
            #expect(used.micros == 12_000 && used.estimated == 1)
        }
    }

    @Loop @Test func `the next model is asked after a failure`() async throws {
        try await withBot(Self.hearing("529", "whisper-1")) { bot in
            let text = try await Self.hear(bot).text
            let used = try await bot.used()
            #expect(text == "24000 bytes of audio/ogg")
            #expect(used.micros == 12_000)
        }
    }

    @Loop @Test func `a recording beyond the month's quota is not sent`() async throws {
        let setup = Setup { settings in
            settings.speechModels = [.init(provider: "fake", model: "whisper-1")]
            settings.quotas.spendPerMonth = Money(micros: 100_000)
        }
        try await withBot(setup) { bot in
            // 1,000 s for 5 cents a minute, as the price ceiling says.
            let error = try await Self.hear(bot, bytes: 2_000_000).error
            guard case .overQuota = error else {
                Issue.record("\(String(describing: error))")
                return
            }
            let used = try await bot.used()
            #expect(used.requests == 0 && used.micros == 0)
        }
    }

    @Loop @Test func `a call that its caller leaves is charged and leaves nothing held`()
        async throws
    {
        try await withBot(Self.hearing("speech-hanging")) { bot in
            let pool = TaskPool()
            let done = pool.spawn { _ = try? await Self.hear(bot) }
            #expect(await eventually { bot.ann.callsUnderWay.first?.isAsked == true })
            pool.cancelAll()
            await done.value
            let used = try await bot.used()
            let open = bot.ann.callsUnderWay.count
            #expect(used.micros == 12_000 && used.reserved == Amounts())
            #expect(open == 0)
        }
    }

    @Loop @Test func `the operator ends a call`() async throws {
        try await withBot(Self.hearing("speech-hanging")) { bot in
            let pool = TaskPool()
            var error: BotError?
            let done = pool.spawn { error = try? await Self.hear(bot).error }
            #expect(await eventually { bot.ann.callsUnderWay.first?.isAsked == true })
            let id = try #require(bot.ann.callsUnderWay.first?.id)
            #expect(bot.bot.endCall(id))
            await done.value
            guard case .endedByOperator = error else {
                Issue.record("\(String(describing: error))")
                return
            }
        }
    }
}
