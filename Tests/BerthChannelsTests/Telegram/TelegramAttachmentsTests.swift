import BerthBot
import BerthConfig
import BerthFiles
import BerthImage
import BerthLoop
import BerthMemory
import BerthSimulation
import BerthStore
import BerthTestKit
import BerthText
import BerthWork
import Testing

@testable import BerthChannels

/// Attachments that are fetched from a Telegram and read for a tenant.
@Suite(.loop, .timeLimit(.minutes(20))) struct TelegramAttachmentsTests {
    /// A service with a model that sees, and one that transcribes if `speech` names it.
    private static func setup(
        _ speech: String? = "whisper-1",
        sees: Bool = true,
        disk: ByteCount = .mebibytes(256)
    ) -> Setup {
        Setup { settings in
            (settings.chatModels[0].vision, settings.quotas.disk) = (sees, disk)
            settings.speechModels = speech.map { [.init(provider: "fake", model: $0)] } ?? []
        }
    }

    /// A service, a Telegram, and the reader of attachments between them.
    @Loop private struct Fixture {
        let bot: BotFixture
        let telegram: FakeTelegramFixture
        let attachments: TelegramAttachments

        static func run(
            _ setup: Setup = TelegramAttachmentsTests.setup(),
            _ test: @Loop (Fixture) async throws -> Void
        ) async throws {
            try await withBot(setup) { bot in
                try await FakeTelegramFixture.run { telegram in
                    let attachments = TelegramAttachments(
                        bot.bot,
                        telegram.client,
                        in: .quiet(bot.clock, log: bot.lines.log)
                    )
                    let fixture = Fixture(bot: bot, telegram: telegram, attachments: attachments)
                    try await test(fixture)
                    // The time passes after which libvips is a measured part of the service.
                    bot.clock.advance(by: .seconds(10))
                    let held = bot.ann.account.held
                    let reserved = bot.bot.files.accounts.reserved
                    #expect(held < .kibibytes(64) && reserved == .zero)
                }
            }
        }

        /// Puts a file into the Telegram and returns its JSON in a message.
        func file(
            _ content: [UInt8],
            _ name: String? = nil,
            type: String? = nil,
            size: Int? = nil,
            more: String = ""
        ) -> String {
            let id = telegram.bot.add(content, name: "file", size: size)
            let named = name.map { #","file_name":\#(Self.quoted($0))"# } ?? ""
            let typed = type.map { #","mime_type":\#(Self.quoted($0))"# } ?? ""
            return #"{"file_id":"\#(id)","file_size":\#(size ?? content.count)"#
                + #"\#(named)\#(typed)\#(more)}"#
        }

        private static func quoted(_ text: String) -> String {
            String(decoding: JSON.quote(text), as: UTF8.self)
        }

        /// The question that a message with these members becomes.
        func read(_ members: String) async throws -> TelegramAttachments.Question {
            let message = try #require(try TelegramSample.read(members)?.heard)
            return try await attachments.question(of: message, from: bot.ann)
        }

        /// The question that a document becomes.
        func read(
            document content: [UInt8],
            _ name: String?,
            type: String? = nil,
            size: Int? = nil
        ) async throws -> TelegramAttachments.Question {
            try await read(#""document":\#(file(content, name, type: type, size: size))"#)
        }

        /// The number of files that the tenant has.
        var kept: Int { bot.bot.files.accounts.use(of: bot.ann.row.id).files }
        /// The number of files that the Telegram was asked for.
        var asked: Int { telegram.bot.counts["getfile"] ?? 0 }
    }

    private static func png() throws -> [UInt8] {
        let sink = PictureBytes()
        try DemoPicture(prompt: "a", width: 64, height: 48).write(to: sink)
        return sink.all
    }

    /// The notes in words.
    private static func words(_ question: TelegramAttachments.Question) -> [String] {
        question.notes.map { "\($0)" }
    }

    // MARK: Pictures

    @Loop @Test func `a photo becomes a picture that the model sees`() async throws {
        try await Fixture.run { fixture in
            let photo = fixture.file(try Self.png(), more: #","width":64,"height":48"#)
            let question = try await fixture.read(#""photo":[\#(photo)],"caption":"what is it?""#)
            #expect(question.text == "what is it?" && question.notes.isEmpty)
            #expect(question.files.count == 1 && fixture.kept == 1)
            let bot = fixture.bot
            _ = try await bot.bot.turns.begin(
                question.text,
                with: question.files,
                in: bot.bot.conversations.create(bot.ann, .web).id,
                by: bot.ann,
                request: "-",
                memory: nil
            )
            let call = try await bot.hand.call()
            let body = String(decoding: call.object.bytes, as: UTF8.self)
            #expect(body.contains("image_url") && body.contains("what is it?"))
            call.say("blue")
            call.finish()
            #expect(await eventually { bot.bot.turns.running == 0 })
        }
    }

    @Loop @Test func `a picture that is sent as a document is one too`() async throws {
        try await Fixture.run { fixture in
            let picture = try Self.png()
            let question = try await fixture.read(document: picture, "a.png", type: "image/png")
            #expect(question.files.count == 1 && question.text.isEmpty)
        }
    }

    @Loop @Test func `a picture that no model sees is refused before it is fetched`() async throws {
        try await Fixture.run(Self.setup(sees: false)) { fixture in
            let photo = fixture.file([1, 2, 3], more: #","width":4,"height":4"#)
            do {
                _ = try await fixture.read(#""photo":[\#(photo)]"#)
                Issue.record("not refused")
            } catch {
                guard case BotError.blind = error else { throw error }
            }
            #expect(fixture.asked == 0)
        }
    }

    @Loop @Test func `an album has as many pictures as a question may have`() async throws {
        try await Fixture.run { fixture in
            let picture = try Self.png()
            var message = try #require(try TelegramSample.read(#""text":"compare""#)?.heard)
            for _ in 0..<TelegramAlbums.mostParts {
                let file = fixture.file(picture, "a.png", type: "image/png")
                let read = try TelegramSample.read(#""document":\#(file)"#)?.heard
                message.attachments += read?.attachments ?? []
            }
            let question = try await fixture.attachments.question(
                of: message,
                from: fixture.bot.ann
            )
            #expect(question.files.count == TelegramAttachments.mostPictures)
            #expect(question.notes.count == 2 && question.text == "compare")
            #expect(fixture.asked == TelegramAttachments.mostPictures)
        }
    }

    // MARK: Sizes

    @Loop
    @Test(arguments: ["photo", "document", "voice"])
    func `a file that is larger than it says leaves nothing behind`(kind: String) async throws {
        try await Fixture.run { fixture in
            let large = [UInt8](repeating: 7, count: TelegramMedia.mostBytes + 1)
            let file = fixture.file(
                large,
                "a.png",
                type: kind == "document" ? "image/png" : nil,
                size: 1_000,
                more: #","width":4,"height":4"#
            )
            let members = kind == "photo" ? #""photo":[\#(file)]"# : #""\#(kind)":\#(file)"#
            let question = try await fixture.read(members)
            #expect(Self.words(question) == ["tooLarge"] && question.isEmpty)
            #expect(fixture.kept == 0)
        }
    }

    @Loop @Test func `a file that says that it is too large is not asked for`() async throws {
        try await Fixture.run { fixture in
            for size in [TelegramMedia.mostBytes + 1, 1 << 40] {
                let question = try await fixture.read(
                    document: [1],
                    "a.png",
                    type: "image/png",
                    size: size
                )
                #expect(Self.words(question) == ["tooLarge"])
            }
            #expect(fixture.asked == 0)
        }
    }

    @Loop @Test func `files beyond the tenant's quota are refused in words`() async throws {
        try await Fixture.run(Self.setup(disk: .kibibytes(1))) { fixture in
            let large = [UInt8](repeating: 7, count: 4_096)
            for members in [
                #""document":\#(fixture.file(large, "a.png", type: "image/png"))"#,
                #""voice":\#(fixture.file(large))"#,
            ] {
                let question = try await fixture.read(members)
                guard case .refused(.files(.overDisk)) = question.notes.first else {
                    Issue.record("\(question.notes)")
                    continue
                }
            }
            #expect(fixture.kept == 0)
        }
    }

    // MARK: Texts

    @Loop @Test func `a text document becomes a part of the question`() async throws {
        try await Fixture.run { fixture in
            let text = "Grüße\n1,2"
            let latin: [UInt8] = Array("Gr".utf8) + [0xFC, 0xDF] + Array("e\n1,2".utf8)
            let units = text.utf16.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }
            let wide: [UInt8] = [0xFF, 0xFE] + units
            for (content, name, type) in [
                (Array(text.utf8), "a.csv", "text/csv"), (latin, "a.csv", nil),
                (wide, "a.csv", "application/octet-stream"), (Array(text.utf8), "a.csv", nil),
            ] as [([UInt8], String, String?)] {
                let file = fixture.file(content, name, type: type)
                let question = try await fixture.read(#""document":\#(file),"caption":"sum it""#)
                let expected = "sum it\n\n[File a.csv]\n\(text)\n[End of file]"
                #expect(question.text == expected && question.notes.isEmpty)
            }
            #expect(fixture.kept == 0)
        }
    }

    @Loop @Test func `of a large text the beginning is read`() async throws {
        try await Fixture.run { fixture in
            let content = [UInt8](repeating: 0x61, count: 3 << 20)
            let question = try await fixture.read(document: content, "a.log", size: 10)
            #expect(question.text.utf8.count < TelegramPrompt.mostDocuments + 100)
            #expect(question.text.hasSuffix("[The rest of the file is left out]"))
            guard case .documentCut("a.log", let size) = question.notes.first else {
                Issue.record("\(question.notes)")
                return
            }
            #expect(size.bytes == TelegramPrompt.mostDocuments)
        }
    }

    @Loop @Test func `all texts of a message share one limit`() async throws {
        try await Fixture.run { fixture in
            var message = try #require(try TelegramSample.read(#""text":"read""#)?.heard)
            for letter in "abc".utf8 {
                let content = [UInt8](repeating: letter, count: 30_000)
                let file = fixture.file(content, "x.txt")
                let read = try TelegramSample.read(#""document":\#(file)"#)?.heard
                message.attachments += read?.attachments ?? []
            }
            let question = try await fixture.attachments.question(
                of: message,
                from: fixture.bot.ann
            )
            let kept = "abc".map { letter in question.text.count { $0 == letter } }
            #expect(kept[0] >= 30_000 && kept[0] < 30_100)
            #expect(kept[1] > 19_000 && kept[1] < 19_300 && kept[2] < 100)
            #expect(question.notes.count == 2)
        }
    }

    @Loop
    @Test(
        arguments: [
            ("a.txt", "text/plain", true), ("a.json", "application/json", true),
            ("a.bin", "application/octet-stream", true), ("noname", nil, true),
            ("a.pdf", "application/pdf", false), ("a.zip", "application/zip", false),
            ("a.mp4", "video/mp4", false), ("a.docx", "application/vnd.ms-word", false),
        ] as [(String, String?, Bool)]
    )
    func `a document that is no text is named`(
        name: String,
        type: String?,
        isAsked: Bool
    ) async throws {
        try await Fixture.run { fixture in
            let content = Array("PK\u{3}\u{4}".utf8) + [0, 0, 0x80, 0xFF, 0]
            let question = try await fixture.read(document: content, name, type: type)
            #expect(Self.words(question) == [#"documentUnread("\#(name)")"#])
            #expect(question.isEmpty && fixture.asked == (isAsked ? 1 : 0))
        }
    }

    @Loop @Test func `a document's name is harmless`() async throws {
        try await Fixture.run { fixture in
            let name = "a`\u{1B}[2J\n]\u{202E}" + String(repeating: "x", count: 200) + ".txt"
            let question = try await fixture.read(document: Array("hi".utf8), name)
            let line = question.text.split(separator: "\n").first.map(String.init) ?? ""
            #expect(line.hasPrefix("[File a'") && line.hasSuffix("]") && line.utf8.count < 100)
            #expect(!question.text.contains("\u{1B}") && !question.text.contains("\u{202E}"))
        }
    }

    // MARK: Recordings

    @Loop
    @Test(arguments: ["voice", "audio", "video_note", "document"])
    func `a recording becomes words and is not kept`(kind: String) async throws {
        try await Fixture.run { fixture in
            let type = kind == "video_note" ? nil : "audio/ogg"
            let file = fixture.file([UInt8](repeating: 7, count: 9_000), type: type)
            let question = try await fixture.read(#""\#(kind)":\#(file)"#)
            let known = type ?? "video/mp4"
            #expect(question.text == "9000 bytes of \(known)" && question.notes.isEmpty)
            #expect(fixture.kept == 0)
            await fixture.bot.bot.meter.drain()
            let now = fixture.bot.clock.timestamp
            let used = try await fixture.bot.store.usage(of: fixture.bot.ann.row.id, on: now)
            #expect(used.micros == 10_000)  // 12 s for 5 cents a minute
        }
    }

    @Loop @Test func `without a model a recording is not fetched`() async throws {
        try await Fixture.run(Self.setup(nil)) { fixture in
            let question = try await fixture.read(#""voice":\#(fixture.file([1, 2]))"#)
            #expect(Self.words(question) == ["noTranscription"] && fixture.asked == 0)
        }
    }

    @Loop @Test func `a recording without words, without bytes or with a failure is a note`()
        async throws
    {
        try await Fixture.run(Self.setup("speech-silent")) { fixture in
            let question = try await fixture.read(#""voice":\#(fixture.file([1, 2]))"#)
            #expect(Self.words(question) == ["noWords"])
        }
        for (model, content) in [("529", [1, 2]), ("whisper-1", [])] as [(String, [UInt8])] {
            try await Fixture.run(Self.setup(model)) { fixture in
                let voice = #""voice":\#(fixture.file(content)),"caption":"listen""#
                let question = try await fixture.read(voice)
                guard case .refused = question.notes.first else {
                    Issue.record("\(question.notes)")
                    return
                }
                #expect(question.text == "listen" && fixture.kept == 0)
            }
        }
    }

    // MARK: Failures of Telegram

    @Loop
    @Test(arguments: [FakeTelegram.FaultKind.restart, .flood, .gateway, .dropBefore])
    func `a file is asked for again after a failure that passes`(
        fault: FakeTelegram.FaultKind
    ) async throws {
        try await Fixture.run { fixture in
            fixture.telegram.fake.fail(fault, "getFile")
            let clock = fixture.bot.clock
            let pool = TaskPool()
            var text = ""
            let file = fixture.file(Array("hi".utf8), "a.txt")
            let done = pool.spawn {
                text = (try? await fixture.read(#""document":\#(file)"#).text) ?? ""
            }
            #expect(await eventually { fixture.asked == 1 })
            #expect(
                await eventually {
                    clock.advance(by: .milliseconds(100))
                    return fixture.asked >= 2
                }
            )
            await done.value
            #expect(text.contains("hi"))
        }
    }

    @Loop @Test func `a file that Telegram does not give is a note, and is logged`() async throws {
        try await Fixture.run { fixture in
            let lost = #"{"file_id":"nowhere","file_name":"a.txt"}"#
            let question = try await fixture.read(#""document":\#(lost),"caption":"read""#)
            #expect(Self.words(question) == ["notFetched"] && question.text == "read")
            let lines = fixture.bot.lines.all
            #expect(lines.contains { $0.contains("could not be fetched from Telegram") })
            #expect(!lines.contains { $0.contains("hunter2") })
        }
    }
}
