import BerthBot
import BerthConfig
import BerthLoop
import BerthSimulation
import BerthStore
import BerthTestKit
import Testing

@testable import BerthChannels

/// Presses of the buttons under answers, over the fake's sockets.
@Suite(.loop, .timeLimit(.minutes(20))) struct TelegramButtonTests {
    private static let ann = TelegramBench.ann

    /// Presses a button in ann's chat, and returns the words of the answer to the press.
    @Loop private static func press(
        _ data: String,
        in chat: Int = 5,
        by person: FakeTelegramPerson = ann,
        _ bench: TelegramBench
    ) async -> String? {
        let before = bench.telegram.counts["answercallbackquery"] ?? 0
        bench.telegram.bring(press: data, on: 2, in: chat, from: person)
        _ = await bench.wait(for: before + 1, "answerCallbackQuery", to: 0)
        return bench.calls("answerCallbackQuery", to: 0).last?.text
    }

    @Loop @Test func `again asks the message anew, and is answered at once`() async throws {
        try await TelegramBench.run { bench in
            _ = try await bench.exchange("hi", "first")
            #expect(await Self.press("a:1", bench) == "")
            let call = try await bench.bot.hand.call()
            #expect(call.messages.last == "user: hi")
            call.say("second")
            call.finish()
            #expect(await bench.hears(2) == ["first", "second"])
            // A second press of the first button asks again, and one of the new button too.
            #expect(await Self.press("a:2", bench) == "")
            try await bench.answers("third")
            #expect(await bench.hears(3).last == "third")
        }
    }

    @Loop @Test func `file sends the whole answer as a file`() async throws {
        try await TelegramBench.run { bench in
            bench.telegram.bring("code", in: 5, from: Self.ann)
            try await bench.answers("Here:\n```python\nprint(1)\n```")
            _ = await bench.hears(1)
            let markup = bench.telegram.sent.last?.arguments["reply_markup"]
            #expect(markup?.contains("f:1") == true)
            #expect(await Self.press("f:1", bench) == "")
            let sent = await bench.wait(for: 1, "sendDocument")
            #expect(sent.first?.arguments["file:document"] == "28")
            #expect(bench.telegram.faults.isEmpty)
        }
    }

    @Loop
    @Test(arguments: [
        ("en", "Continue"), ("ru", "Продолжить"), ("uk", "Продовжити"), ("zh", "继续"),
    ])
    func `an answer that was cut has a button that continues it`(
        code: String,
        words: String
    ) async throws {
        let person = FakeTelegramPerson(id: 5, language: code)
        try await TelegramBench.run { bench in
            bench.telegram.bring("count", in: 5, from: person)
            let first = try await bench.bot.hand.call()
            first.say("one two")
            first.finish("length")
            #expect(await bench.hears(1).first?.hasPrefix("one two") == true)
            let markup = bench.telegram.sent.last?.arguments["reply_markup"] ?? ""
            #expect(markup.contains("c:1") && markup.contains(words))
            #expect(await Self.press("c:1", by: person, bench) == "")
            let rest = try await bench.bot.hand.call()
            #expect(rest.messages.contains("assistant: one two"))
            #expect(rest.messages.last?.contains("without repeating") == true)
            rest.say("three")
            rest.finish()
            #expect(await bench.hears(2).last == "three")
            let whole = bench.telegram.sent.last?.arguments["reply_markup"] ?? ""
            #expect(whole.contains("a:2") && !whole.contains("c:"))
            let turn = try await bench.bot.store.turn(Turn.ID(2))
            #expect(turn?.isContinuation == true)
            // The first answer is no longer the last one, and the second one was not cut.
            let late = await Self.press("c:1", by: person, bench)
            let refused = await bench.hears(3).last
            #expect(late == "" && refused != "three" && bench.bot.hand.received == 2)
            #expect(await Self.press("c:2", by: person, bench) != "")
            #expect(bench.texts().count == 3 && bench.bot.hand.received == 2)
        }
    }

    @Loop @Test func `an answer that was cut in a group is continued there`() async throws {
        try await TelegramBench.run { bench in
            let toBot = TelegramBench.toBot
            bench.telegram.bring("count", in: -7, from: Self.ann, members: toBot)
            let first = try await bench.bot.hand.call()
            first.say("one two")
            first.finish("length")
            _ = await bench.hears(1, in: -7)
            #expect(await Self.press("c:1", in: -7, bench) == "")
            let rest = try await bench.bot.hand.call()
            #expect(rest.messages.contains("assistant: one two"))
            rest.say("three")
            rest.finish()
            #expect(await bench.hears(2, in: -7).last == "three")
        }
    }

    @Loop @Test func `messages beyond the line of a chat are told there when it is done`()
        async throws
    {
        try await TelegramBench.run { bench in
            bench.telegram.bring("first", in: 5, from: Self.ann)
            let call = try await bench.bot.hand.call()
            for number in 1...TelegramLines.mostInLine {
                bench.telegram.bring("/usage \(number)", in: 5, from: Self.ann)
            }
            for text in ["lost", "/usage", "lost too"] {
                bench.telegram.bring(text, in: 5, from: Self.ann)
            }
            // A press for another answer finds no place either, and is answered.
            #expect(await Self.press("a:1", bench) != nil)
            call.say("done")
            call.finish()
            let texts = await bench.hears(2 + TelegramLines.mostInLine)
            #expect(texts.count == 2 + TelegramLines.mostInLine)
            #expect(texts.last?.contains("4") == true, "\(texts.last ?? "nothing")")
            #expect(bench.bot.hand.received == 1)
            let open = try await bench.bot.store.openUpdates(of: 42, after: 0, limit: 99)
            #expect(open.isEmpty)
        }
    }

    @Loop @Test func `stop ends the answer, and says so when there is none`() async throws {
        try await TelegramBench.run { bench in
            bench.telegram.bring("long", in: 5, from: Self.ann)
            let call = try await bench.bot.hand.call()
            call.say("The beginning")
            // The press of another person in the chat stops nothing.
            #expect(await Self.press("s", by: TelegramBench.bob, bench)?.contains("else") == true)
            #expect(bench.texts().isEmpty)
            #expect(await Self.press("s", bench) == "Stopped.")
            #expect(await bench.hears(1) == ["The beginning"])
            let late = await Self.press("s", bench)
            #expect(late?.isEmpty == false && late != "Stopped.")
        }
    }

    @Loop
    @Test(arguments: [
        "", "x", "s:1", "a:", "a:0", "a:-1", "a:1:2", "a:99", "f:99", "d:99", "y:1", "n:1", "a:1 ",
        "A:1", "c:1", "c:99", "c:", "a:9223372036854775808", "{}", "🙂",
        String(repeating: "a", count: 64),
    ])
    func `data that is not Berth's is answered, and does nothing`(_ data: String) async throws {
        try await TelegramBench.run { bench in
            let words = await Self.press(data, bench)
            #expect(words?.isEmpty == false)
            let said = try await bench.exchange("hi", "hello")
            #expect(said == "hello" && bench.bot.hand.received == 1)
            #expect(bench.telegram.faults.isEmpty)
        }
    }

    @Loop @Test func `another person's buttons do nothing, whatever they name`() async throws {
        var change = TelegramBench.Change()
        change.access = .open
        try await TelegramBench.run(change) { bench in
            _ = try await bench.exchange("hi", "for ann")
            let said = try await bench.exchange("yo", "for bob", in: 6, from: TelegramBench.bob)
            #expect(said == "for bob")
            for data in ["a:1", "c:1", "f:1", "d:1", "s", "y:1"] {
                for chat in [5, 6] {
                    let words = await Self.press(data, in: chat, by: TelegramBench.bob, bench)
                    #expect(words?.isEmpty == false)
                }
            }
            let next = try await bench.exchange("more", "still here")
            #expect(next == "still here" && bench.bot.hand.received == 3)
            #expect(bench.calls("sendDocument").isEmpty && bench.calls("deleteMessage").isEmpty)
            #expect(bench.calls("sendDocument", to: 6).isEmpty)
        }
    }

    @Loop @Test func `a press whose message is too old to be seen is answered`() async throws {
        try await TelegramBench.run { bench in
            for message in [
                "", #","message":{"message_id":7,"date":0,"chat":{"id":5,"type":"private"}}"#,
            ] {
                bench.telegram.bring(
                    #""callback_query":{"id":"P\#(message.count)","from":\#(Self.ann.json),"#
                        + #""chat_instance":"1"\#(message),"data":"a:1"}"#
                )
            }
            let isAnswered = await eventually {
                bench.telegram.counts["answercallbackquery"] == 2
            }
            #expect(isAnswered)
            let said = try await bench.exchange("hi", "hello")
            #expect(said == "hello")
        }
    }
}
