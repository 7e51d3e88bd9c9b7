import BerthHTTP
import BerthLoop
import BerthMemory
import BerthProviders
import BerthSimulation
import BerthTestKit
import Testing

@testable import BerthChannels

@Suite(.loop) struct TelegramClientTests {
    private static let bold = TelegramPart(
        text: "🙂 hi",
        entities: [TelegramEntity(kind: .bold, offset: 3, length: 2)]
    )

    @Loop @Test func `every call arrives as the Bot API wants it`() async throws {
        try await FakeTelegramFixture.run { telegram in
            let (client, bot) = (telegram.client, telegram.bot)
            let me = try await client.me()
            #expect(me.id == 42 && me.username == "fake42_bot" && !me.seesGroups)
            let buttons = [[TelegramButton(text: "Stop", data: "s:17")]]
            let id = try await client.send(
                Self.bold,
                to: TelegramTarget(chat: 5, replyTo: 3),
                buttons: buttons
            )
            try await client.edit(id, in: 5, to: TelegramPart(text: "done", entities: []))
            // The same text again is a success.
            try await client.edit(id, in: 5, to: TelegramPart(text: "done", entities: []))
            try await client.draft(Self.bold, as: 9, to: TelegramTarget(chat: 5), canStop: true)
            try await client.act(.typing, in: TelegramTarget(chat: 5))
            try await client.delete(id, in: 5)
            try await client.delete(id, in: 5)
            try await client.answer(press: "long ago", "ok")
            try await client.setCommands(
                [TelegramCommand(name: "new", says: "Begin anew")],
                language: "ru"
            )
            let methods = bot.sent.map(\.method)
            #expect(
                methods == [
                    "sendmessage", "editmessagetext", "sendmessagedraft", "sendchataction",
                    "deletemessage",
                ]
            )
            let first = bot.sent[0]
            #expect(first.text == "🙂 hi" && first.chat == 5)
            #expect(first.arguments["reply_markup"]?.contains("s:17") == true)
            let faults = bot.faults.filter { fault in
                !["not modified", "to delete not found", "too old"].contains {
                    fault.contains($0)
                }
            }
            #expect(faults.isEmpty)
        }
    }

    @Loop @Test func `the menus of commands are stored once a language, and when they change`()
        async throws
    {
        try await FakeTelegramFixture.run { telegram in
            let (client, bot) = (telegram.client, telegram.bot)
            #expect(try await client.updateMenus() == 4)
            #expect(try await client.updateMenus() == 0)
            let russian = try await client.commands(language: "ru")
            #expect(russian.first?.name == "new")
            #expect(russian.first?.says.contains("Начать") == true)
            let others = try await client.commands(language: nil)
            #expect(others.count == russian.count)
            #expect(others.allSatisfy { $0.says.utf8.allSatisfy { $0 < 0x80 } })
            try await client.setCommands([TelegramCommand(name: "old", says: "x")], language: "uk")
            #expect(try await client.updateMenus() == 1)
            #expect(try await client.commands(language: "uk").count == russian.count)
            #expect(bot.faults.isEmpty)
        }
    }

    @Loop @Test func `pictures and files are sent as forms, read in pieces`() async throws {
        try await FakeTelegramFixture.run { telegram in
            let client = telegram.client
            let place = TelegramTarget(chat: 5)
            let photo = TelegramUpload(name: "a\"b.png", type: "image/png", file: FakePicture())
            let id = try await client.sendPhoto(photo, Self.bold, to: place)
            #expect(id > 0)
            let text = TelegramUpload(name: "a.txt", type: "text/plain", bytes: Array("hi".utf8))
            _ = try await client.sendDocument(text, nil, to: place)
            let ids = try await client.sendAlbum([photo, photo], Self.bold, to: place)
            #expect(ids.count == 2)
            let sent = telegram.bot.sent
            #expect(sent[0].arguments["file:photo"] == "\(FakePicture.size)")
            #expect(sent[0].text == "🙂 hi")
            #expect(sent[1].arguments["file:document"] == "2")
            #expect(telegram.bot.faults.isEmpty)
            let wide = FakePicture(width: 9_000, height: 1_001)
            let upload = TelegramUpload(name: "a.png", type: "image/png", file: wide)
            let failure = await Self.failure {
                _ = try await client.sendPhoto(upload, nil, to: place)
            }
            #expect(failure == .notAPhoto("Bad Request: PHOTO_INVALID_DIMENSIONS"))
        }
    }

    @Loop @Test func `updates come as they are, with their ids`() async throws {
        try await FakeTelegramFixture.run { telegram in
            let (client, bot) = (telegram.client, telegram.bot)
            let ann = FakeTelegramPerson(id: 4_503_599_627_370_495, name: "Ann", language: "ru")
            bot.bring("/start inv_1", in: ann.id, from: ann)
            bot.bring(#""poll":{"id":"1"}"#)
            bot.bring(#""message":{"message_id":1}"#)
            bot.bring(press: "s:1", on: 7, in: -1_001, from: ann)
            let updates = try await client.updates(TelegramPoll(offset: nil, seconds: 0))
            #expect(updates.map(\.id) == [900_001, 900_002, 900_003, 900_004])
            #expect(
                String(decoding: updates[1].json, as: UTF8.self).contains(#""poll":{"id":"1"}"#)
            )
            for update in updates { #expect(TelegramUpdate(json: update.json) == update) }
            // The next question confirms them.
            let rest = try await client.updates(TelegramPoll(offset: 900_005, seconds: 0))
            #expect(rest.isEmpty)
            #expect(try await client.webhook().waiting == 0)
        }
    }

    @Loop @Test func `a file is downloaded by its path`() async throws {
        try await FakeTelegramFixture.run { telegram in
            let (client, bot) = (telegram.client, telegram.bot)
            let file = bot.add(Array("content".utf8), name: "a b.txt")
            let path = try await client.path(of: file)
            let body = try await client.download(path).collect(atMost: .kibibytes(1))
            #expect(body == Array("content".utf8))
            let large = bot.add([], name: "large", size: 21 << 20)
            let failure = await Self.failure { _ = try await client.path(of: large) }
            #expect(failure == .tooLarge("Bad Request: file is too big"))
            for path in ["/etc/passwd", "../../bot1:x/getMe", "nothing"] {
                let failure = await Self.failure { _ = try await client.download(path) }
                guard case .refused = failure else {
                    Issue.record("\(path): \(String(describing: failure))")
                    continue
                }
            }
        }
    }

    @Loop @Test func `the second poller makes the first one fail`() async throws {
        try await FakeTelegramFixture.run { telegram in
            let client = telegram.client
            let pool = TaskPool()
            var failure: TelegramFailure?
            pool.spawn {
                failure = await Self.failure {
                    _ = try await client.updates(TelegramPoll(offset: nil))
                }
            }
            #expect(await eventually { telegram.bot.counts["getupdates"] == 1 })
            _ = try await client.updates(TelegramPoll(offset: nil, seconds: 0))
            await pool.drain()
            guard case .conflict(let words) = failure else {
                Issue.record("\(String(describing: failure))")
                return
            }
            #expect(words.contains("terminated by other getUpdates request"))
        }
    }

    @Loop @Test func `a server that is not there has not got the call`() async throws {
        let network = HTTPClient(in: .quiet())
        let client = try TelegramClient.of("42:a", at: "http://127.0.0.1:1", over: network)
        guard case .notSent(let words) = await Self.failure({ _ = try await client.me() }) else {
            Issue.record("another failure")
            return
        }
        #expect(words.contains("127.0.0.1:1"))
    }

    @Loop @Test func `a name whose first address is dead is reached by the second`() async throws {
        try await FakeTelegramFixture.run { telegram in
            let port = telegram.url.split(separator: ":").last ?? ""
            let dead = try #require(IPAddress("::1"))
            let alive = try #require(IPAddress("127.0.0.1"))
            let resolver = Resolver(in: .quiet()) { _ in .success([dead, alive]) }
            let network = HTTPClient(in: .quiet(), resolver: resolver)
            let client = try TelegramClient.of(
                "42:a",
                at: "http://telegram.example:\(port)",
                over: network
            )
            #expect(try await client.me().id == 42)
        }
    }

    /// The failure of a call, or nil if it succeeds.
    @Loop static func failure(
        _ call: @Loop () async throws -> Void
    ) async -> TelegramFailure? {
        do {
            try await call()
            return nil
        } catch { return error as? TelegramFailure }
    }
}

/// A PNG of which only the header is there.
struct FakePicture: SourcePicture {
    static let size = 200_000
    var width = 640
    var height = 480

    var kind: String { "image/png" }
    var bytes: Int { Self.size }

    func read(at offset: Int, count: Int) async throws(ProviderError) -> [UInt8] {
        var bytes = [UInt8](repeating: 7, count: count)
        guard offset == 0 else { return bytes }
        let head: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0, 0, 0, 13]
        let area: [UInt8] =
            [0, 0, UInt8(width >> 8), UInt8(width & 255)]
            + [0, 0, UInt8(height >> 8), UInt8(height & 255)]
        bytes.replaceSubrange(0..<24, with: head + Array("IHDR".utf8) + area)
        return bytes
    }
}
