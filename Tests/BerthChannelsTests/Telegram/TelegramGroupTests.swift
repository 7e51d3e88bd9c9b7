import BerthChannels
import Testing

/// Messages of groups, which are for the bot only if they say so.
@Suite struct TelegramGroupTests {
    private static func read(
        _ members: String,
        seesGroups: Bool = true
    ) throws -> TelegramEvent? {
        try TelegramSample.event(
            #""message":"# + TelegramSample.message(members, in: TelegramSample.group),
            seesGroups: seesGroups
        )
    }

    /// A text with a mention of the bot, and what is left of it.
    @Test(arguments: [
        ("@helper_bot hi", "@helper_bot", "hi"), ("@Helper_Bot: hi", "@Helper_Bot", "hi"),
        ("@helper_bot, hi", "@helper_bot", "hi"), ("@helper_bot，你好", "@helper_bot", "你好"),
        ("hi @helper_bot", "@helper_bot", "hi"), ("🙂🙂 hi @helper_bot ", "@helper_bot", "🙂🙂 hi"),
        ("ask @helper_bot why", "@helper_bot", "ask @helper_bot why"),
        ("@helper_bot", "@helper_bot", ""),
    ])
    func `a mention makes a message one for the bot`(
        text: String,
        mention: String,
        rest: String
    ) throws {
        let event = try Self.read(TelegramSample.text(text, "mention", mention))
        #expect(event?.heard?.text == rest && event?.heard?.isForBot == true)
    }

    @Test func `a mention in a caption counts`() throws {
        let members =
            #""document":{"file_id":"d"},"caption":"🙂 @helper_bot read","#
            + #""caption_entities":[{"type":"mention","offset":3,"length":11}]"#
        #expect(try Self.read(members)?.heard?.attachments.count == 1)
    }

    @Test func `a mention of a user without a name counts by its id`() throws {
        func members(_ id: Int) -> String {
            #""text":"Helper, hi","entities":[{"type":"text_mention","offset":0,"length":6,"#
                + #""user":{"id":\#(id),"is_bot":true,"first_name":"Helper"}}]"#
        }
        #expect(try Self.read(members(42))?.heard?.text == "hi")
        #expect(try Self.read(members(43)) == .ignored(.notForBot))
    }

    @Test(arguments: [
        TelegramSample.text("hello all"), TelegramSample.text("@helper_bot without a mark"),
        TelegramSample.text("@helper_bots hi", "mention", "@helper_bots"),
        TelegramSample.text("@helper_bo hi", "mention", "@helper_bo"),
        TelegramSample.text("see helper_bot", "url", "helper_bot"),
        TelegramSample.text("/new@other_bot", "bot_command", "/new@other_bot"),
        #""sticker":{}"#, #""photo":[{"file_id":"a","width":1,"height":1}]"#,
        TelegramSample.text("I agree")
            + #","reply_to_message":{"message_id":3,"from":\#(TelegramSample.bob),"text":"x"}"#,
        // A mark beyond the text, and one within another character.
        #""text":"hi","entities":[{"type":"mention","offset":0,"length":11}]"#,
        #""text":"🙂@helper_bot","entities":[{"type":"mention","offset":1,"length":11}]"#,
    ])
    func `other messages are not for the bot`(members: String) throws {
        #expect(try Self.read(members) == .ignored(.notForBot))
    }

    @Test func `a reply to the bot is for it`() throws {
        let reply =
            #","reply_to_message":{"message_id":3,"from":\#(TelegramSample.own),"text":"x"}"#
        #expect(try Self.read(TelegramSample.text("why?") + reply)?.heard?.text == "why?")
        #expect(try Self.read(#""sticker":{}"# + reply)?.heard?.unread == "sticker")
        // Each message of a topic answers the one that has opened the topic.
        let topic =
            #","is_topic_message":true,"message_thread_id":3,"reply_to_message":"#
            + #"{"message_id":3,"from":\#(TelegramSample.own),"forum_topic_created":{"name":"t"}}"#
        #expect(try Self.read(TelegramSample.text("why?") + topic) == .ignored(.notForBot))
    }

    @Test func `a command is for the bot that it names`() throws {
        for seesGroups in [true, false] {
            let own = TelegramSample.text("/new@helper_bot", "bot_command", "/new@helper_bot")
            let message = try Self.read(own, seesGroups: seesGroups)?.heard
            #expect(message?.text == "/new")
            let other = TelegramSample.text("/new@other_bot", "bot_command", "/new@other_bot")
            #expect(try Self.read(other, seesGroups: seesGroups) == .ignored(.notForBot))
        }
        // Telegram delivers a command without a name in privacy mode only if it is for this bot.
        let plain = TelegramSample.text("/new", "bot_command", "/new")
        #expect(try Self.read(plain, seesGroups: false)?.heard?.text == "/new")
        #expect(try Self.read(plain, seesGroups: true) == .ignored(.notForBot))
    }

    @Test func `a command after a mention is a command`() throws {
        let members =
            #""text":"@helper_bot /image a cat","entities":["#
            + #"{"type":"mention","offset":0,"length":11},"#
            + #"{"type":"bot_command","offset":12,"length":6}]"#
        guard case .command(_, "image", "a cat") = try Self.read(members) else {
            Issue.record("no command")
            return
        }
    }

    @Test func `an edit that adds the mention is for the bot`() throws {
        for (text, isHeard) in [("hi", false), ("@helper_bot hi", true)] {
            let members = TelegramSample.text(text, "mention", "@helper_bot")
            let message = TelegramSample.message(members, in: TelegramSample.group)
            let event = try TelegramSample.event(#""edited_message":"# + message, seesGroups: true)
            #expect((event?.heard != nil) == isHeard)
        }
    }

    @Test func `parts of an album are reported, and say whether they are for the bot`() throws {
        let part = #""media_group_id":"g1","photo":[{"file_id":"a","width":1,"height":1}]"#
        #expect(try Self.read(part)?.heard?.isForBot == false)
        let named =
            part + #","caption":"@helper_bot x","caption_entities":"#
            + #"[{"type":"mention","offset":0,"length":11}]"#
        #expect(try Self.read(named)?.heard?.isForBot == true)
        let message = TelegramSample.message(part, in: TelegramSample.group)
        let edited = try TelegramSample.event(#""edited_message":"# + message, seesGroups: true)
        #expect(edited == .ignored(.notForBot))
    }
}
