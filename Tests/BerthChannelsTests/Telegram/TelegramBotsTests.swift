import BerthBot
import BerthChannels
import BerthLoop
import BerthSimulation
import BerthStore
import BerthTestKit
import Testing

/// Several bots in one process, and chats that come and go.
@Suite(.loop, .timeLimit(.minutes(20))) struct TelegramBotsTests {
    @Loop @Test func `each bot answers its own chats, though all have the same people`()
        async throws
    {
        var change = TelegramBench.Change()
        change.bots = [42, 43, 44]
        try await TelegramBench.run(change) { bench in
            for id in change.bots {
                bench.fake.bot(id).bring("to \(id)", in: 5, from: TelegramBench.ann)
                let call = try await bench.bot.hand.call()
                // Another bot's conversation is no history of this one.
                #expect(call.messages == ["user: to \(id)"])
                call.say("from \(id)")
                call.finish()
                let texts = { bench.fake.bot(id).sent.filter { $0.method == "sendmessage" } }
                _ = await eventually { texts().count == 1 }
                #expect(texts().map(\.text) == ["from \(id)"])
            }
            let faults = change.bots.flatMap { bench.fake.bot($0).faults }
            #expect(faults.isEmpty)
        }
    }

    @Loop @Test func `one bot that cannot receive stops neither the others nor the service`()
        async throws
    {
        var change = TelegramBench.Change()
        change.bots = [42, 43]
        try await TelegramBench.run(change) { bench in
            _ = await eventually { (bench.fake.bot(43).counts["getupdates"] ?? 0) > 0 }
            bench.fake.bot(43).refusal = .unauthorized
            bench.fake.bot(43).bring("/new", in: 5, from: TelegramBench.ann)
            _ = await eventually {
                bench.bot.lines.all.contains { $0.contains("refuses the bot's token") }
            }
            let said = try await bench.exchange("hi", "hello")
            #expect(said == "hello")
            let ready = try await bench.bot.ask("GET", "/readyz", as: .nobody)
            #expect(ready.status == 200 && ready.text.contains("degraded: telegram 43: "))
            #expect(!ready.text.contains("telegram 42"))
        }
    }

    @Loop @Test
    func `a person who blocks the bot ends its parts, and is answered after unblocking`()
        async throws
    {
        try await TelegramBench.run { bench in
            bench.fake.fail(.flood, "sendMessage")
            bench.telegram.bring("hi", in: 5, from: TelegramBench.ann)
            try await bench.answers("nobody reads this")
            _ = await bench.part { $0.due != nil }
            bench.membership("member", "kicked")
            let isEnded = await bench.comes { $0.failedParts == 1 }
            #expect(isEnded && bench.texts().isEmpty)
            let list = try await bench.bot.admin("GET", "/admin/queue/failed").text
            #expect(list.contains("the bot was blocked"))
            bench.membership("kicked", "member")
            bench.bot.clock.advance(by: .seconds(5))
            let said = try await bench.exchange("back", "Welcome back")
            #expect(said == "Welcome back")
        }
    }

    @Loop @Test func `a group that removes the bot ends the parts for it`() async throws {
        try await TelegramBench.run { bench in
            bench.fake.fail(.flood, "sendMessage")
            bench.telegram.bring("/usage", in: -7, from: TelegramBench.ann)
            _ = await bench.part { $0.due != nil }
            bench.membership("administrator", "left", in: -7)
            let isEnded = await bench.comes { $0.failedParts == 1 }
            #expect(isEnded)
            bench.membership("left", "member", in: -7)
            bench.bot.clock.advance(by: .seconds(5))
            bench.telegram.bring("/usage", in: -7, from: TelegramBench.ann)
            #expect(await bench.hears(1, in: -7).count == 1)
        }
    }
}

extension TelegramBench {
    /// Brings in a change of the bot's standing in a chat.
    func membership(_ old: String, _ new: String, in chat: Int = 5) {
        let own = #"{"id":42,"is_bot":true,"first_name":"Fake"}"#
        telegram.bring(
            #""my_chat_member":{"chat":\#(FakeTelegramBot.chat(chat)),"date":1,"#
                + #""from":\#(TelegramBench.ann.json),"#
                + #""old_chat_member":{"status":"\#(old)","user":\#(own)},"#
                + #""new_chat_member":{"status":"\#(new)","user":\#(own)}}"#,
            key: chat
        )
    }
}
