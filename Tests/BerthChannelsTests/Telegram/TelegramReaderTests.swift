import BerthChannels
import BerthText
import Testing

/// Updates as the things that they ask of the bot.
@Suite struct TelegramReaderTests {
    private static func media(_ id: String, _ more: String = "") -> String {
        #"{"file_id":"\#(id)","file_unique_id":"u\#(id)"\#(more)}"#
    }

    @Test func `a text comes with its sender and its place`() throws {
        let event = try TelegramSample.read(TelegramSample.text("hi 🙂"))
        let message = try #require(event?.heard)
        #expect(event == .message(message))
        #expect(message.id == 17 && message.date == 1_700_000_000 && message.topic == nil)
        #expect(message.chat.isPrivate && message.chat.id == 5)
        #expect(message.sender.id == 5 && message.sender.name == "Ann")
        #expect(message.sender.language == "ru")
        #expect(message.text == "hi 🙂" && message.isForBot)
        #expect(message.attachments.isEmpty && message.context == nil && message.unread == nil)
        #expect(message.quoted == nil)
    }

    @Test func `a message without an id of its own is answered in the chat`() throws {
        let text = TelegramSample.message(TelegramSample.text("hi"), id: 0)
        let message = try TelegramSample.event(#""message":"# + text)?.heard
        #expect(message?.quoted == nil)
    }

    @Test func `a topic is the place, and a chain of replies is none`() throws {
        let topic = #","is_topic_message":true,"message_thread_id":3"#
        let chain = #","message_thread_id":3"#
        #expect(try TelegramSample.read(TelegramSample.text("a") + topic)?.heard?.topic == 3)
        #expect(try TelegramSample.read(TelegramSample.text("a") + chain)?.heard?.topic == nil)
    }

    /// The members of a message, its attachment, and the kind that is not read.
    struct Attached: Sendable {
        let members: String
        var attachment: String?
        var unread: String?
    }

    @Test(arguments: [
        Attached(
            members: #""photo":[{"file_id":"a","width":90,"height":60},"#
                + #"{"file_id":"b","width":1280,"height":853,"file_size":90211},"#
                + #"{"file_id":"c","width":320,"height":213}],"caption":"x""#,
            attachment: "photo b"
        ),
        // The largest that Telegram hands out.
        Attached(
            members: #""photo":[{"file_id":"a","width":90,"height":60,"file_size":10},"#
                + #"{"file_id":"b","width":9000,"height":9000,"file_size":20971521}]"#,
            attachment: "photo a"
        ),
        Attached(members: #""photo":[]"#, unread: "photo"),
        Attached(members: #""photo":[5,null,{"file_id":""}]"#, unread: "photo"),
        Attached(members: #""document":\#(media("d"))"#, attachment: "document d"),
        Attached(members: #""voice":\#(media("v", ",\"duration\":9"))"#, attachment: "sound v"),
        Attached(members: #""audio":\#(media("m"))"#, attachment: "sound m"),
        Attached(members: #""video_note":\#(media("n"))"#, attachment: "sound n"),
        Attached(members: #""sticker":{"file_id":"s"}"#, unread: "sticker"),
        Attached(members: #""video":\#(media("x"))"#, unread: "video"),
        // An animation comes as a document too.
        Attached(
            members: #""animation":\#(media("g")),"document":\#(media("g"))"#,
            unread: "animation"
        ),
        Attached(members: #""location":{"latitude":1,"longitude":2}"#, unread: "location"),
        Attached(members: #""contact":{}"#, unread: "contact"),
        Attached(members: #""poll":{"id":"1"}"#, unread: "poll"),
        Attached(members: #""dice":{"emoji":"x","value":3}"#, unread: "dice"),
        Attached(members: #""story":{}"#, unread: "story"),
        Attached(members: #""paid_media":{}"#, unread: "paid_media"),
        // A kind that is newer than this reader.
        Attached(members: #""hologram":{"file_id":"h"}"#, unread: "hologram"),
        Attached(members: #""document":5"#, unread: "document"),
        Attached(members: #""voice":{"file_id":7}"#, unread: "voice"),
        Attached(members: #""effect_id":"1""#, unread: "message"),
    ])
    func `an attachment is read or named`(row: Attached) throws {
        let message = try #require(try TelegramSample.read(row.members)?.heard)
        let found: String? = message.attachments.first.map { attachment in
            switch attachment {
            case .photo(let media): "photo \(media.id)"
            case .document(let media): "document \(media.id)"
            case .sound(let media): "sound \(media.id)"
            }
        }
        #expect(found == row.attachment)
        #expect(message.unread == row.unread)
        #expect(message.attachments.count <= 1)
    }

    @Test func `a caption is the text`() throws {
        let caption = #""document":\#(Self.media("d")),"caption":"what is this?""#
        #expect(try TelegramSample.read(caption)?.heard?.text == "what is this?")
    }

    @Test func `the sender's words about a file are bounded`() throws {
        let name = String(repeating: "é", count: 300)
        let file = Self.media(
            "d",
            #","file_name":"\#(name)","mime_type":"text/plain","file_size":-4,"duration":-1"#
        )
        let media = try TelegramSample.read(#""document":\#(file)"#)?.heard?.attachments.first?
            .media
        #expect(media?.name?.utf8.count == 256 && media?.type == "text/plain")
        #expect(media?.size == nil && media?.seconds == nil && media?.isTooLarge == false)
        let large = Self.media("d", #","file_size":4294967296"#)
        let other = try TelegramSample.read(#""document":\#(large)"#)?.heard?.attachments.first?
            .media
        #expect(other?.size == 1 << 32 && other?.isTooLarge == true)
    }

    // MARK: Commands

    /// A text, its marked command, and the command that is read.
    struct Said: Sendable {
        let text: String
        let mark: String
        let name: String?
        var arguments = ""
    }

    @Test(arguments: [
        Said(text: "/new", mark: "/new", name: "new"),
        Said(text: "/start inv_1", mark: "/start", name: "start", arguments: "inv_1"),
        Said(
            text: "/Image  a cat\n and 🙂 ",
            mark: "/Image",
            name: "image",
            arguments: "a cat\n and 🙂"
        ),
        Said(text: "/new@helper_bot now", mark: "/new@helper_bot", name: "new", arguments: "now"),
        Said(text: "/new@HELPER_bot", mark: "/new@HELPER_bot", name: "new"),
        Said(text: "  /new", mark: "/new", name: "new"),
        Said(text: "say /new", mark: "/new", name: nil),
        Said(text: "🙂/new", mark: "/new", name: nil),
        Said(text: "/@helper_bot", mark: "/@helper_bot", name: nil),
        Said(text: "new", mark: "new", name: nil),
    ])
    func `a command is read from its mark`(row: Said) throws {
        let event = try TelegramSample.read(TelegramSample.text(row.text, "bot_command", row.mark))
        guard case .command(let message, let name, let arguments) = event else {
            #expect(row.name == nil && event?.heard != nil)
            return
        }
        #expect(name == row.name && arguments == row.arguments)
        let line = row.arguments.isEmpty ? "/\(name)" : "/\(name) \(row.arguments)"
        #expect(message.text == line)
    }

    @Test func `a forwarded command is a text`() throws {
        for (origin, name) in [
            (#"{"type":"user","sender_user":\#(TelegramSample.bob)}"#, "Bob B"),
            (#"{"type":"hidden_user","sender_user_name":"Somebody"}"#, "Somebody"),
            (#"{"type":"channel","chat":{"id":-9,"type":"channel","title":"News"}}"#, "News"),
            (#"{"type":"chat","sender_chat":{"id":-9,"type":"group","title":"G"}}"#, "G"),
            ("{}", ""),
        ] {
            let text = TelegramSample.text("/delete all", "bot_command", "/delete")
            let event = try TelegramSample.read(text + #","forward_origin":\#(origin)"#)
            let message = try #require(event?.heard)
            #expect(event == .message(message) && message.forwardedFrom == name)
        }
    }

    // MARK: Edits, presses, memberships

    @Test func `an edited text is reported with its command`() throws {
        let text = TelegramSample.message(
            TelegramSample.text("/new@helper_bot x", "bot_command", "/new@helper_bot")
        )
        let event = try TelegramSample.event(#""edited_message":"# + text)
        #expect(event == event?.heard.map { .edited($0) } && event?.heard?.text == "/new x")
        let sticker = TelegramSample.message(#""sticker":{}"#)
        let other = try TelegramSample.event(#""edited_message":"# + sticker)
        #expect(other == .ignored(.kind("edited_message")))
    }

    @Test func `a press comes with its message, even an inaccessible one`() throws {
        let old = #"{"message_id":18,"date":0,"chat":\#(TelegramSample.privateChat)}"#
        let press = #"{"id":"4382","from":\#(TelegramSample.ann),"chat_instance":"-77""#
        guard
            case .button(let found) = try TelegramSample.event(
                #""callback_query":\#(press),"message":\#(old),"data":"s:17"}"#
            )
        else {
            Issue.record("no press")
            return
        }
        #expect(found.id == "4382" && found.from.id == 5 && found.data == "s:17")
        #expect(found.chat?.id == 5 && found.message == 18)
        guard
            case .button(let inline) = try TelegramSample.event(
                #""callback_query":\#(press),"inline_message_id":"x","game_short_name":"g"}"#
            )
        else {
            Issue.record("no press")
            return
        }
        #expect(inline.chat == nil && inline.message == nil && inline.data == nil)
    }

    /// The old and the new standing of the bot, and the change that they are.
    struct Standing: Sendable {
        let old: String?
        let new: String
        let inGroup: TelegramMembership.Change?
        let inPrivate: TelegramMembership.Change?
    }

    @Test(arguments: [
        Standing(old: "left", new: "member", inGroup: .added, inPrivate: .unblocked),
        Standing(old: "kicked", new: "member", inGroup: .added, inPrivate: .unblocked),
        Standing(old: "member", new: "kicked", inGroup: .removed, inPrivate: .blocked),
        Standing(old: "administrator", new: "left", inGroup: .removed, inPrivate: .blocked),
        Standing(old: "member", new: "administrator", inGroup: nil, inPrivate: nil),
        Standing(old: "left", new: "kicked", inGroup: nil, inPrivate: nil),
        Standing(old: nil, new: "member", inGroup: .added, inPrivate: .unblocked),
        Standing(old: nil, new: "restricted", inGroup: .added, inPrivate: .unblocked),
        Standing(
            old: "member",
            new: "restricted\",\"is_member\":false,\"x\":\"",
            inGroup: .removed,
            inPrivate: .blocked
        ),
    ])
    func `a change of the bot's standing is a membership`(row: Standing) throws {
        for (chat, change) in [
            (TelegramSample.group, row.inGroup), (TelegramSample.privateChat, row.inPrivate),
        ] {
            let old = row.old.map { #","old_chat_member":{"status":"\#($0)"}"# } ?? ""
            let event = try TelegramSample.event(
                #""my_chat_member":{"chat":\#(chat),"from":\#(TelegramSample.ann),"date":1\#(old),"#
                    + #""new_chat_member":{"status":"\#(row.new)"}}"#
            )
            guard case .membership(let found) = event else {
                #expect(change == nil && event == .ignored(.service("my_chat_member")))
                continue
            }
            #expect(found.change == change && found.from.id == 5)
            #expect(found.isMember == [.added, .unblocked].contains(found.change))
        }
    }

    @Test func `a migration is reported from both sides`() throws {
        let old = #"{"id":-77,"type":"group","title":"G"}"#
        let event = TelegramEvent.migrated(from: -77, to: -1_001_234_567_890)
        #expect(
            try TelegramSample.read(#""migrate_to_chat_id":-1001234567890"#, in: old) == event
        )
        #expect(
            try TelegramSample.read(#""migrate_from_chat_id":-77"#, in: TelegramSample.group)
                == event
        )
    }

    @Test func `a stopped draft is reported`() throws {
        let event = try TelegramSample.event(
            #""stopped_message_generation":{"chat":\#(TelegramSample.privateChat),"draft_id":41}"#
        )
        guard case .stopped(let chat, draft: 41) = event else {
            Issue.record("\(String(describing: event))")
            return
        }
        #expect(chat.id == 5)
    }

    // MARK: Nothing to do

    @Test(arguments: [
        ("new_chat_members", "[{}]"), ("left_chat_member", "{}"), ("new_chat_title", "\"t\""),
        ("new_chat_photo", "[]"), ("delete_chat_photo", "true"), ("group_chat_created", "true"),
        ("pinned_message", "{}"), ("forum_topic_created", "{}"), ("video_chat_ended", "{}"),
        ("message_auto_delete_timer_changed", "{}"), ("web_app_data", "{}"),
    ])
    func `a message about the chat itself is not answered`(name: String, value: String) throws {
        for chat in [TelegramSample.privateChat, TelegramSample.group] {
            let event = try TelegramSample.read("\"\(name)\":\(value)", in: chat)
            #expect(event == .ignored(.service(name)))
        }
    }

    @Test(arguments: [
        (#""poll":{"id":"1"}"#, TelegramIgnored.kind("poll")),
        (#""channel_post":{"message_id":1}"#, .kind("channel_post")),
        (#""edited_channel_post":{}"#, .kind("edited_channel_post")),
        (#""guest_message":{}"#, .kind("guest_message")), (#""unheard_of":1"#, .kind("unheard_of")),
        (#""x":null"#, .kind("none")), (#""message":5"#, .malformed("message")),
        (#""message":{}"#, .malformed("message_id")),
        (#""message":{"message_id":1}"#, .malformed("chat")),
        (#""message":{"message_id":"1","chat":{"id":5}}"#, .malformed("message_id")),
        (#""callback_query":{}"#, .malformed("callback_query")),
        (#""my_chat_member":[]"#, .malformed("my_chat_member")),
    ])
    func `an update of another kind is ignored with its reason`(
        members: String,
        reason: TelegramIgnored
    ) throws {
        #expect(try TelegramSample.event(members) == .ignored(reason))
        #expect(!reason.description.isEmpty)
    }

    @Test func `a message of a channel or of another bot is never answered`() throws {
        let text = TelegramSample.text("hi")
        let bot = #"{"id":7,"is_bot":true,"first_name":"Other"}"#
        for message in [
            TelegramSample.message(text, from: bot), TelegramSample.message(text, from: nil),
            TelegramSample.message(text + #","is_automatic_forward":true"#),
        ] {
            #expect(
                try TelegramSample.event(#""message":"# + message) == .ignored(.notFromPerson)
            )
        }
        for kind in ["channel", "planet"] {
            let chat = #"{"id":-100,"type":"\#(kind)"}"#
            #expect(try TelegramSample.read(text, in: chat)?.reason == .kind("channel_post"))
        }
    }

    @Test func `a reason quotes no control characters`() {
        let reason = TelegramIgnored.kind("a\u{1B}[2J\n" + String(repeating: "x", count: 500))
        #expect(reason.description.utf8.count < 200)
        #expect(!reason.description.contains("\u{1B}") && !reason.description.contains("\n"))
    }
}
