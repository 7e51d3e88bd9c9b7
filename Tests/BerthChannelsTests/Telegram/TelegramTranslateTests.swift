import BerthChannels
import BerthLoop
import BerthSimulation
import BerthTestKit
import BerthText
import Testing

/// The command `/translate` in reply to a message.
@Suite(.loop, .timeLimit(.minutes(20))) struct TelegramTranslateTests {
    private static func reply(_ text: String, from: String = TelegramBench.bob.json) -> String {
        let json = String(decoding: JSON.quote(text), as: UTF8.self)
        return #","reply_to_message":{"message_id":1,"date":1,"text":\#(json),"from":\#(from)}"#
    }

    private static let own = #"{"id":42,"is_bot":true,"first_name":"Fake"}"#

    @Loop
    @Test(arguments: [
        ("/translate", "it piove", "English", "it piove"),
        ("/translate de", "Good morning", "German", "Good morning"),
        ("/translate на немецкий", "Good morning", "German", "Good morning"),
        ("/translate 德语", "German text", "German", "German text"),
        ("/translate de my own text", "ignored", "German", "my own text"),
    ])
    func `the answered message is translated, unless the command has a text`(
        _ command: String,
        _ answered: String,
        _ language: String,
        _ text: String
    ) async throws {
        try await TelegramBench.run { bench in
            for (chat, members) in [
                (5, Self.reply(answered)), (-7, Self.reply(answered, from: Self.own)),
            ] {
                let ann = TelegramBench.ann
                bench.telegram.bring(command, in: chat, from: ann, members: members)
                let call = try await bench.bot.hand.call()
                #expect(call.messages.first?.contains("into \(language)") == true)
                let quoted = call.messages.last?.split(separator: "\n").dropFirst().dropLast()
                #expect(quoted?.joined(separator: "\n") == text)
                call.say("done")
                call.finish()
                #expect(await bench.hears(1, in: chat) == ["done"])
            }
        }
    }

    @Loop @Test func `all of a long message of the bot itself is translated`() async throws {
        try await TelegramBench.run { bench in
            let long = String(repeating: "译", count: 1_000)
            let members = Self.reply(long, from: Self.own)
            bench.telegram.bring("/translate", in: 5, from: TelegramBench.ann, members: members)
            let call = try await bench.bot.hand.call()
            #expect(call.messages.last?.contains(long) == true)
            call.say("done")
            call.finish()
            _ = await bench.hears(1)
        }
    }

    @Loop @Test func `without a text anywhere the command is explained`() async throws {
        try await TelegramBench.run { bench in
            let photo =
                #","reply_to_message":{"message_id":1,"date":1,"from":\#(TelegramBench.bob.json),"#
                + #""sticker":{"file_id":"s"}}"#
            for members in ["", photo, Self.reply("  ")] {
                let ann = TelegramBench.ann
                bench.telegram.bring("/translate de", in: 5, from: ann, members: members)
            }
            let texts = await bench.hears(3)
            #expect(texts.allSatisfy { $0.contains("in reply to a message") })
            #expect(bench.bot.hand.received == 0)
        }
    }
}
