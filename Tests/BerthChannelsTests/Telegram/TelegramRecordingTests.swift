import BerthBot
import BerthChannels
import BerthConfig
import BerthLoop
import BerthProviders
import BerthSimulation
import BerthStore
import BerthTestKit
import BerthText
import BerthWork
import Testing

/// Recordings whose updates are handled again after a kill.
@Suite(.loop, .timeLimit(.minutes(20))) struct TelegramRecordingTests {
    private static var listening: TelegramBench.Change {
        var change = TelegramBench.Change()
        change.configure = { $0.speechModels = [.init(provider: "fake", model: "whisper-1")] }
        return change
    }

    /// The millionths of a dollar that ann's calls have cost today.
    @Loop private static func spent(_ bench: TelegramBench) async throws -> Int64 {
        await bench.bot.bot.meter.drain()
        let now = bench.bot.clock.timestamp
        return try await bench.bot.store.usage(of: bench.bot.ann.row.id, on: now).micros
    }

    @Loop @Test func `a recording that was transcribed before a kill is not paid again`()
        async throws
    {
        var spent: Int64 = 0
        try await TelegramBench.restarting(isKilled: true, Self.listening) { bench in
            // The place is busy with a turn, so that the recording waits for it after its
            // transcription.
            let place = Place(channel: .telegram, chat: "42/5")
            let session = try await bench.bot.bot.conversations.open(
                at: place,
                isGroup: false,
                for: bench.bot.ann
            )
            _ = try await bench.bot.bot.turns.begin("first", at: session, by: bench.bot.ann)
            _ = try await bench.bot.hand.call()
            let file = bench.telegram.add([UInt8](repeating: 7, count: 9_000), name: "a.ogg")
            let (_, update) = try bench.bring(
                #""voice":{"file_id":"\#(file)","file_size":9000,"duration":12,"#
                    + #""mime_type":"audio/ogg"}"#
            )
            let key = ChannelUpdate(bot: 42, number: update)
            while try await bench.bot.store.sideText([.transcript(of: file, in: key)]) == nil {
                await settle()
            }
            spent = try await Self.spent(bench)
            #expect(spent == 10_000 && bench.telegram.counts["getfile"] == 1)
        } _: { bench in
            try await bench.answers("one")
            let call = try await bench.bot.hand.call()
            #expect(call.messages.last == "user: 9000 bytes of audio/ogg")
            call.say("two")
            call.finish()
            #expect(await bench.hears(2) == ["one", "two"])
            #expect(bench.telegram.counts["getfile"] == 1)
            let open = try await bench.bot.store.openUpdates(of: 42, after: 0, limit: 9)
            #expect(open.isEmpty)
        }
    }

    @Loop
    @Test(arguments: [0, 10_000_000])
    func `a transcription that a stop cancels is not the tenant's to pay twice`(
        limit: Int64
    ) async throws {
        var change = Self.listening
        change.configure = { settings in
            settings.speechModels = [.init(provider: "fake", model: "speech-hanging")]
            settings.uncertain.askAgainBelow = Money(micros: limit)
        }
        try await TelegramBench.restarting(isKilled: false, change) { bench in
            let file = bench.telegram.add([UInt8](repeating: 7, count: 9_000), name: "a.ogg")
            _ = try bench.bring(
                #""voice":{"file_id":"\#(file)","file_size":9000,"duration":12,"#
                    + #""mime_type":"audio/ogg"}"#
            )
            let isAsked = await eventually { bench.bot.ann.callsUnderWay.first?.isAsked == true }
            #expect(isAsked)
        } _: { bench in
            guard limit == 0 else {
                let isAsked = await eventually {
                    bench.bot.ann.callsUnderWay.first?.isAsked == true
                }
                let spent = try await Self.spent(bench)
                #expect(isAsked && spent == 0, "the house bears the first call")
                return
            }
            #expect(await bench.hears(1).first?.contains("broke off") == true)
            let calls = bench.bot.ann.callsUnderWay.count
            let spent = try await Self.spent(bench)
            #expect(calls == 0 && spent > 0)
        }
    }

    @Loop @Test func `a recording of which nobody knows what came is answered in words`()
        async throws
    {
        let (media, key) = ("F9", ChannelUpdate(bot: 42, number: 900_900))
        try await TelegramBench.restarting(isKilled: false, Self.listening) { bench in
            let (store, now) = (bench.bot.store, bench.bot.clock.timestamp)
            let json =
                #"{"update_id":900900,"message":{"message_id":3,"date":1,"#
                + #""chat":{"id":5,"type":"private"},"from":\#(TelegramBench.ann.json),"#
                + #""voice":{"file_id":"F9","duration":3}}}"#
            _ = try await store.receive([StoredUpdate(key, body: Array(json.utf8))], at: now)
            var reservation = Reservation(
                tenant: bench.bot.ann.row.id,
                provider: "fake",
                model: "whisper-1",
                amounts: Amounts((.micros, 100))
            )
            reservation.sideText = .transcript(of: media, in: key)
            // Two kills: the first one's cost is the house's.
            for _ in 0..<2 {
                _ = try await store.startCall(reservation, at: now)
                _ = try await store.recover(at: now, askingAgainBelow: 1_000) { _, _ in [] }
            }
            #expect(try await store.sideText([.transcript(of: media, in: key)]) == .lost)
        } _: { bench in
            let texts = await bench.hears(1)
            #expect(texts.first?.contains("broke off") == true)
            #expect(bench.telegram.counts["getfile"] == nil)
        }
    }
}
