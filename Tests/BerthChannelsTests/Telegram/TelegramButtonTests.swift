import BerthBot
import BerthChannels
import BerthConfig
import BerthLoop
import BerthSimulation
import BerthTestKit
import Testing

/// Presses of the buttons under answers, over the fake's sockets.
@Suite(.loop, .timeLimit(.minutes(5))) struct TelegramButtonTests {
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
        "A:1", "a:9223372036854775808", "{}", "🙂", String(repeating: "a", count: 64),
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
            for data in ["a:1", "f:1", "d:1", "s", "y:1"] {
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
