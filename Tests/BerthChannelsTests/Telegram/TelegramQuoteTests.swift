import BerthChannels
import BerthLoop
import BerthSimulation
import BerthStore
import BerthTestKit
import BerthText
import Testing

/// Messages that an answer quotes.
@Suite(.loop, .timeLimit(.minutes(20))) struct TelegramQuoteTests {
    private static let group = -7

    /// The ids of the messages that the texts to a chat quote, in their order.
    @Loop private static func quotes(_ bench: TelegramBench, in chat: Int) throws -> [Int?] {
        try bench.calls("sendMessage", to: chat).map { sent in
            guard let text = sent.arguments["reply_parameters"] else { return nil }
            let object = try JSONObject(Array(text.utf8))
            #expect(object.boolean("allow_sending_without_reply") == true)
            return object.integer("message_id")
        }
    }

    @Loop @Test func `an answer in a group quotes its question, and its further parts do not`()
        async throws
    {
        try await TelegramBench.run { bench in
            let toBot = TelegramBench.toBot
            let (first, _) = bench.telegram.bring(
                "one",
                in: Self.group,
                from: TelegramBench.ann,
                members: toBot
            )
            let (second, _) = bench.telegram.bring(
                "two",
                in: Self.group,
                from: TelegramBench.ann,
                members: toBot
            )
            let long = try await bench.bot.hand.call()
            long.say([String](repeating: "word", count: 1_500).joined(separator: " "))
            long.finish()
            let short = try await bench.bot.hand.call()
            short.say("short")
            short.finish()
            _ = await bench.hears(3, in: Self.group)
            #expect(try Self.quotes(bench, in: Self.group) == [first, nil, second])
            #expect(bench.telegram.faults.isEmpty)
        }
    }

    @Loop @Test func `in a private chat nothing is quoted`() async throws {
        try await TelegramBench.run { bench in
            _ = try await bench.exchange("hi", "hello")
            #expect(try Self.quotes(bench, in: 5) == [nil])
        }
    }

    @Loop @Test func `commands, refusals and words to strangers quote too`() async throws {
        try await TelegramBench.run { bench in
            let (usage, _) = bench.telegram.bring("/usage", in: Self.group, from: TelegramBench.ann)
            _ = await bench.hears(1, in: Self.group)
            let (sticker, _) = try bench.bring(
                #""sticker":{"file_id":"s"}"# + TelegramBench.toBot,
                in: Self.group
            )
            _ = await bench.hears(2, in: Self.group)
            let (stranger, _) = bench.telegram.bring(
                "/new",
                in: Self.group,
                from: TelegramBench.bob
            )
            _ = await bench.hears(3, in: Self.group)
            #expect(try Self.quotes(bench, in: Self.group) == [usage, sticker, stranger])
        }
    }

    @Loop @Test func `another answer quotes the first question`() async throws {
        try await TelegramBench.run { bench in
            let (question, _) = bench.telegram.bring(
                "q",
                in: Self.group,
                from: TelegramBench.ann,
                members: TelegramBench.toBot
            )
            try await bench.answers("one")
            _ = await bench.hears(1, in: Self.group)
            bench.telegram.bring(press: "a:1", on: 3, in: Self.group, from: TelegramBench.ann)
            try await bench.answers("two")
            _ = await bench.hears(2, in: Self.group)
            #expect(try Self.quotes(bench, in: Self.group) == [question, question])
        }
    }

    @Loop @Test(arguments: [true, false])
    func `an answer that comes after a start quotes its question`(_ isKilled: Bool) async throws {
        var question = 0
        try await TelegramBench.restarting(isKilled: isKilled) { bench in
            (question, _) = bench.telegram.bring(
                "q",
                in: Self.group,
                from: TelegramBench.ann,
                members: TelegramBench.toBot
            )
            _ = try await bench.bot.hand.call()
        } _: { bench in
            try await bench.answers("late")
            #expect(await bench.hears(1, in: Self.group) == ["late"])
            #expect(try Self.quotes(bench, in: Self.group) == [question])
        }
    }

    @Loop @Test func `after a group has moved its old messages are not quoted`() async throws {
        try await TelegramBench.run { bench in
            bench.telegram.bring(
                "q",
                in: Self.group,
                from: TelegramBench.ann,
                members: TelegramBench.toBot
            )
            let call = try await bench.bot.hand.call()
            bench.telegram.migrate(Self.group, to: -1007)
            bench.telegram.bring(
                #""message":{"message_id":90,"date":1,"chat":{"id":-7,"type":"group"},"#
                    + #""from":\#(TelegramBench.ann.json),"migrate_to_chat_id":-1007}"#
            )
            bench.telegram.bring(
                #""message":{"message_id":1,"date":1,"chat":{"id":-1007,"type":"supergroup"},"#
                    + #""from":\#(TelegramBench.ann.json),"migrate_from_chat_id":-7}"#
            )
            // The update of the move waits until the turn before it has ended, so the answer is sent to
            // the old chat, which names the new one.
            call.say("moved")
            call.finish()
            #expect(await bench.hears(1, in: -1007) == ["moved"])
            #expect(try Self.quotes(bench, in: -1007) == [nil])
            let before = bench.calls("sendMessage", to: Self.group).count
            #expect(before == 0)
        }
    }
}

extension TelegramBench {
    /// Brings in a message of ann with members that are not a text alone.
    ///
    /// - Returns: the ids of the message and of the update.
    @discardableResult
    func bring(_ members: String, in chat: Int = 5) throws -> (message: Int, update: Int) {
        let message = telegram.newMessage()
        let json =
            #""message":{"message_id":\#(message),"date":1,"chat":\#(FakeTelegramBot.chat(chat)),"#
            + #""from":\#(TelegramBench.ann.json),\#(members)}"#
        return (message, telegram.bring(json, key: chat))
    }

    /// Has the provider answer the next call.
    func answers(_ text: String) async throws {
        let call = try await bot.hand.call()
        call.say(text)
        call.finish()
    }
}
