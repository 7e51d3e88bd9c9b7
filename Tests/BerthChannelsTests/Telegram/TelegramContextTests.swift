import Testing

@testable import BerthChannels

/// Replies, quotes and forwarded messages, and the text of a turn with them.
@Suite struct TelegramContextTests {
    private static func read(_ members: String) throws -> TelegramMessage {
        try #require(try TelegramSample.read(members)?.heard)
    }

    private static func reply(_ from: String, _ members: String) -> String {
        #","reply_to_message":{"message_id":3,"date":1,"from":\#(from),\#(members)}"#
    }

    @Test func `the answered message is the context`() throws {
        let message = try Self.read(
            TelegramSample.text("why?") + Self.reply(TelegramSample.bob, #""text":"It rains.""#)
        )
        let context = TelegramContext(id: 3, name: "Bob B", isOwn: false, text: "It rains.")
        #expect(message.context == context)
        #expect(TelegramPrompt().text(of: message) == "why?\n\n[In reply to Bob B]\n> It rains.")
    }

    @Test func `a quote is the context instead of the whole message`() throws {
        let quote = #","quote":{"text":"rains","position":3}"#
        let message = try Self.read(
            TelegramSample.text("why?") + Self.reply(TelegramSample.bob, #""text":"It rains.""#)
                + quote
        )
        #expect(message.context?.text == "rains" && message.context?.isQuote == true)
        let external =
            #","external_reply":{"origin":{"type":"hidden_user","#
            + #""sender_user_name":"Eve"},"document":{"file_id":"d"}}"#
        let other = try Self.read(TelegramSample.text("why?") + quote + external)
        let context = TelegramContext(name: "Eve", isOwn: false, text: "rains", isQuote: true)
        #expect(other.context == context)
        #expect(other.attachments.map(\.media.id) == ["d"])
    }

    @Test func `a context is bounded, and less of the bot's own message is repeated`() throws {
        let long = String(repeating: "é", count: 20_000)
        for (from, most) in [
            (TelegramSample.bob, TelegramContext.mostText),
            (TelegramSample.own, TelegramContext.mostOwnText),
        ] {
            let message = try Self.read(
                TelegramSample.text("why?") + Self.reply(from, #""text":"\#(long)""#)
            )
            let text = try #require(message.context?.text)
            #expect(text.utf8.count == TelegramContext.mostText + 3 && text.hasSuffix("…"))
            let prompt = TelegramPrompt().text(of: message)
            let letters = prompt.count { $0 == "é" }
            #expect(letters == most / 2 && prompt.hasSuffix("…"))
        }
    }

    @Test func `a person's picture that is answered comes with the question`() throws {
        let photo = #""photo":[{"file_id":"p","width":9,"height":9}],"caption":"look""#
        let question = TelegramSample.text("what is it?")
        let message = try Self.read(question + Self.reply(TelegramSample.bob, photo))
        #expect(message.attachments.map(\.media.id) == ["p"] && message.context?.text == "look")
        // The bot's own picture is not sent back to it.
        let own = try Self.read(question + Self.reply(TelegramSample.own, photo))
        #expect(own.attachments.isEmpty && own.context?.isOwn == true)
        // A message with an attachment of its own keeps that alone.
        let both = try Self.read(
            #""document":{"file_id":"d"}"# + Self.reply(TelegramSample.bob, photo)
        )
        #expect(both.attachments.map(\.media.id) == ["d"])
    }

    @Test func `everything that came with a message follows its words`() throws {
        var message = try Self.read(
            #""video":{},"caption":"compare""#
                + Self.reply(TelegramSample.own, #""text":"a\nb""#)
        )
        message.forwardedFrom = "Bob [x]\n"
        var prompt = TelegramPrompt()
        prompt.transcripts = ["well"]
        prompt.documents = [
            .init(name: "a.txt", text: "A", isCut: false),
            .init(name: "b]\n.txt", text: "B", isCut: true),
        ]
        #expect(
            prompt.text(of: message) == """
                [Forwarded from Bob  x  ]

                compare

                [Recording]
                well
                [End of recording]

                [File a.txt]
                A
                [End of file]

                [File b  .txt]
                B
                [The rest of the file is left out]

                [In reply to your own message]
                > a
                > b

                [A video that cannot be read]
                """
        )
    }

    @Test func `a voice message alone is what its sender says`() throws {
        let message = try Self.read(#""voice":{"file_id":"v"}"#)
        var prompt = TelegramPrompt()
        prompt.transcripts = ["What is the time?"]
        #expect(prompt.text(of: message) == "What is the time?")
    }

    @Test func `a message without anything to read is no question`() throws {
        for members in [#""sticker":{}"#, #""video":{}"#] {
            let message = try Self.read(members + Self.reply(TelegramSample.bob, #""text":"x""#))
            #expect(TelegramPrompt().text(of: message).isEmpty)
            var forwarded = message
            forwarded.forwardedFrom = "Bob"
            #expect(TelegramPrompt().text(of: forwarded).isEmpty)
        }
    }
}
