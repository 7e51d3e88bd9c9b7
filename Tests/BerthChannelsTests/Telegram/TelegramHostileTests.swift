import BerthLoop
import BerthText
import Testing

@testable import BerthChannels

/// Updates with members that are missing, of a wrong type, huge or damaged.
@Suite struct TelegramHostileTests {
    private static let file =
        #"{"file_id":"f","file_unique_id":"u","file_size":9,"file_name":"a.txt","#
        + #""mime_type":"text/plain","duration":3,"width":2,"height":2}"#
    private static let entities =
        #"[{"type":"bot_command","offset":0,"length":4},"#
        + #"{"type":"text_mention","offset":5,"length":2,"user":{"id":42}},"#
        + #"{"type":"mention","offset":1,"length":11}]"#

    /// An update of each kind, with every member that is read.
    private static let updates: [String] = {
        let reply =
            #"{"message_id":3,"from":\#(TelegramSample.own),"text":"x","sender_chat":"#
            + #"{"id":-9,"type":"channel","title":"t"},"photo":[\#(file)]}"#
        let origin = #"{"type":"user","sender_user":\#(TelegramSample.bob),"chat":{"id":-3}}"#
        let members = [
            #""text":"/new hi","entities":\#(entities)"#,
            #""photo":[\#(file),\#(file)],"caption":"/new hi","caption_entities":\#(entities)"#,
            #""document":\#(file),"media_group_id":"g""#, #""voice":\#(file)"#,
            #""audio":\#(file)"#, #""video_note":\#(file)"#, #""sticker":\#(file)"#,
            #""text":"a","reply_to_message":\#(reply),"quote":{"text":"q"}"#,
            #""text":"a","external_reply":{"origin":\#(origin),"voice":\#(file)}"#,
            #""text":"a","forward_origin":\#(origin),"is_automatic_forward":false"#,
            #""text":"a","is_topic_message":true,"message_thread_id":3"#,
            #""migrate_to_chat_id":-1001"#, #""migrate_from_chat_id":-7"#,
            #""new_chat_members":[\#(TelegramSample.own)]"#, #""unheard_of":{}"#,
        ]
        let messages = members.flatMap { members in
            [TelegramSample.privateChat, TelegramSample.group].map {
                TelegramSample.message(members, in: $0)
            }
        }
        let member = #"{"status":"member","user":\#(TelegramSample.own),"is_member":true}"#
        let others = [
            #""callback_query":{"id":"1","from":\#(TelegramSample.ann),"data":"d","message":"#
                + #"{"message_id":1,"date":0,"chat":\#(TelegramSample.group)}}"#,
            #""my_chat_member":{"chat":\#(TelegramSample.group),"from":\#(TelegramSample.ann),"#
                + #""old_chat_member":{"status":"left"},"new_chat_member":\#(member)}"#,
            #""stopped_message_generation":{"chat":\#(TelegramSample.privateChat),"draft_id":4}"#,
            #""channel_post":{"message_id":1}"#,
        ]
        let kinds =
            messages.map { #""message":"# + $0 } + others
            + messages.prefix(4).map { #""edited_message":"# + $0 }
        return kinds.map { #"{"update_id":900001,\#($0)}"# }
    }()

    /// Values in place of others.
    private static let values: [String] = [
        "null", "true", "false", "0", "-1", "1", "42", "-42", "0.5", "1e400", "1e308", "-0",
        "9223372036854775807", "-9223372036854775808", "9223372036854775808",
        "4503599627370497", "123456789012345678901234567890", "4294967296", #""""#, #""x""#,
        #""5""#, #""\ud800""#, #""\u0000\u001b[2J""#, #""/""#, #""/@""#, #""@helper_bot""#,
        #""channel""#, "[]", "{}", "[[]]", "[null]", #"[{"file_id":"x"}]"#, #"{"id":5}"#,
        #"{"file_id":"x"}"#, "\"" + String(repeating: "\u{1F642}", count: 20_000) + "\"",
        "\"/" + String(repeating: "a", count: 70_000) + "\"",
        "[" + String(repeating: "0,", count: 5_000) + "0]",
        String(repeating: "[", count: 50) + String(repeating: "]", count: 50),
    ]

    /// The places of all values of an object, at any depth.
    private static func places(of object: JSONObject) -> [Range<Int>] {
        var found: [Range<Int>] = []
        object.each { _, value in found += places(of: value.startIndex..<value.endIndex, in: object)
        }
        return found
    }

    private static func places(of value: Range<Int>, in object: JSONObject) -> [Range<Int>] {
        if let inner = object.object(at: value) { return [value] + places(of: inner) }
        let elements = object.elements(in: value) ?? []
        return [value] + elements.flatMap { places(of: $0, in: object) }
    }

    /// Reads an update and checks what holds for each.
    private static func check(_ json: [UInt8], _ reader: TelegramReader) -> Bool {
        guard let update = TelegramUpdate(json: json) else { return true }
        let event = reader.event(of: update)
        var isRight = 0...TelegramUpdate.mostID ~= update.id
        if let message = event.heard {
            let context = message.context?.text.utf8.count ?? 0
            isRight =
                isRight && isID(message.chat.id) && message.sender.id > 0 && isID(message.sender.id)
                && 0...Int(Int32.max) ~= message.id && message.date >= 0
                && message.text.utf8.count <= TelegramMessage.mostText + 64
                && context <= TelegramContext.mostText + 3 && message.attachments.count <= 1
                && message.sender.name.utf8.count <= 256
                && message.attachments.allSatisfy { $0.media.size ?? 0 >= 0 }
                && (message.unread?.utf8.count ?? 0) <= 64
            var prompt = TelegramPrompt()
            prompt.transcripts = ["a"]
            isRight = isRight && prompt.text(of: message).utf8.count < 64 << 10
            _ = message.quoted
            for attachment in message.attachments { _ = TelegramDocument(attachment.media) }
        }
        if case .migrated(let old, let new) = event { isRight = isRight && isID(old) && isID(new) }
        if case .button(let press) = event {
            isRight = isRight && !press.id.isEmpty && (press.data?.utf8.count ?? 0) <= 512
        }
        if let reason = event.reason {
            isRight = isRight && 1...200 ~= reason.description.utf8.count
        }
        return isRight && !event.name.isEmpty
    }

    private static func isID(_ id: Int) -> Bool { id != 0 && abs(id) <= 1 << 52 }

    @Test(arguments: [true, false])
    func `no value of any type in any place traps or escapes its bounds`(
        seesGroups: Bool
    ) throws {
        let reader = TelegramReader(try TelegramSample.me(seesGroups: seesGroups))
        var count = 0
        for text in Self.updates {
            let json = Array(text.utf8)
            let event = TelegramUpdate(json: json).map { reader.event(of: $0) }
            #expect(event != nil && event?.reason != .malformed("update"), "\(text)")
            for place in Self.places(of: try JSONObject(json)) {
                for value in Self.values {
                    let changed = json[..<place.lowerBound] + value.utf8 + json[place.upperBound...]
                    count += 1
                    if !Self.check(Array(changed), reader) {
                        Issue.record("\(String(decoding: changed.prefix(2_000), as: UTF8.self))")
                    }
                }
            }
        }
        #expect(count > 10_000)
    }

    @Test func `no missing or second member traps`() throws {
        let reader = TelegramReader(try TelegramSample.me())
        for text in Self.updates {
            let json = Array(text.utf8)
            for place in Self.places(of: try JSONObject(json)) {
                // The name before the value is renamed, which is as if the member were missing.
                let before = json[..<place.lowerBound]
                guard before.last == UInt8(ascii: ":") else { continue }
                let start = before.dropLast(2).lastIndex(of: UInt8(ascii: "\"")) ?? 0
                let renamed = json[..<start] + Array("\"z\":".utf8) + json[place.lowerBound...]
                #expect(Self.check(Array(renamed), reader))
                let name = json[start..<place.lowerBound]
                for value in ["null", "5", "{}"] {
                    let twice =
                        json[..<place.upperBound] + [UInt8(ascii: ",")] + name
                        + value.utf8 + json[place.upperBound...]
                    #expect(Self.check(Array(twice), reader))
                }
            }
        }
    }

    @Test func `no damaged bytes trap`() throws {
        let reader = TelegramReader(try TelegramSample.me())
        var random = SeededGenerator(seed: 36)
        for _ in 0..<20_000 {
            var json = Array(
                Self.updates.randomElement(using: &random).map { Array($0.utf8) } ?? []
            )
            for _ in 0..<Int.random(in: 1...4, using: &random) where !json.isEmpty {
                let place = Int.random(in: 0..<json.count, using: &random)
                switch Int.random(in: 0..<4, using: &random) {
                case 0: json[place] = UInt8.random(in: 0...255, using: &random)
                case 1: json.removeSubrange(place..<min(json.count, place + 9))
                case 2: json.insert(contentsOf: json[place...].prefix(30), at: place)
                default: json.removeLast(min(json.count - place, 40))
                }
            }
            #expect(Self.check(json, reader))
        }
    }

    @Test(arguments: [
        "-1", "9007199254740993", "9223372036854775807", "1e3", "1.5", #""7""#, "null", "[7]",
        "99999999999999999999",
    ])
    func `an update without a usable id is none`(id: String) {
        #expect(TelegramUpdate(json: Array(#"{"update_id":\#(id),"message":{}}"#.utf8)) == nil)
    }

    @Test func `the largest ids are read`() {
        for id in [0, 1, Int(Int32.max), 1 << 53] {
            #expect(TelegramUpdate(json: Array(#"{"update_id":\#(id)}"#.utf8))?.id == id)
        }
    }
}
