import BerthBot
import BerthChannels
import BerthConfig
import BerthFiles
import BerthImage
import BerthLoop
import BerthSimulation
import BerthStore
import BerthTestKit
import BerthText
import BerthWork
import Testing

/// Pictures of answers, and pictures that people send, over the fake's sockets.
@Suite(.loop, .timeLimit(.minutes(20))) struct TelegramPictureTests {
    /// Runs a service whose pictures come from a fal of the test.
    @Loop private static func run(
        _ test: @Loop (TelegramBench, HandFal) async throws -> Void
    ) async throws {
        let fal = try HandFal()
        var change = TelegramBench.Change()
        change.configure = { settings in
            settings.chatModels.removeAll { $0.provider != "hand" }
            settings.chatModels[0].vision = true
            fal.configure(&settings)
        }
        do {
            try await TelegramBench.run(change) { bench in
                try await test(bench, fal)
                bench.bot.forgetLibrary()
            }
        } catch {
            await fal.end()
            throw error
        }
        await fal.end()
    }

    private static func png(_ width: Int, _ height: Int) throws -> [UInt8] {
        let sink = PictureBytes()
        try DemoPicture(prompt: "a", width: width, height: height).write(to: sink)
        return sink.all
    }

    /// Orders pictures in ann's chat.
    @Loop private static func draw(
        _ order: String,
        _ bytes: [UInt8],
        _ bench: TelegramBench,
        _ fal: HandFal
    ) async throws {
        bench.telegram.bring(order, in: 5, from: TelegramBench.ann)
        try await fal.job().finish(bytes)
    }

    // MARK: Out

    @Loop @Test func `a picture is a photo with its buttons`() async throws {
        try await Self.run { bench, fal in
            try await Self.draw("/image a cat", Self.png(64, 48), bench, fal)
            let sent = try #require(await bench.wait(for: 1, "sendPhoto").first)
            let markup = sent.arguments["reply_markup"] ?? ""
            #expect(["a:1", "f:1", "d:1", "Larger"].allSatisfy { markup.contains($0) })
            #expect(bench.texts().isEmpty && bench.telegram.faults.isEmpty)
        }
    }

    @Loop @Test func `a picture that is no photo for Telegram is a document`() async throws {
        try await Self.run { bench, fal in
            try await Self.draw("/image a line", Self.png(1_050, 50), bench, fal)
            let sent = try #require(await bench.wait(for: 1, "sendDocument").first)
            #expect(sent.arguments["reply_markup"]?.contains("d:1") == true)
            #expect(bench.calls("sendPhoto").isEmpty && bench.telegram.faults.isEmpty)
        }
    }

    @Loop @Test func `a photo that Telegram refuses after all is a document`() async throws {
        try await Self.run { bench, fal in
            bench.fake.fail(.badPhoto, "sendPhoto")
            try await Self.draw("/image a cat", Self.png(64, 48), bench, fal)
            _ = await bench.wait(for: 1, "sendDocument")
            #expect(bench.calls("sendPhoto").isEmpty)
        }
    }

    @Loop @Test func `several pictures are an album, and a message with the buttons`()
        async throws
    {
        try await Self.run { bench, fal in
            try await Self.draw("/image --n 3 a cat", Self.png(64, 48), bench, fal)
            let album = await bench.wait(for: 3, "sendMediaGroup")
            let texts = await bench.hears(1)
            #expect(album.count == 3 && texts.count == 1)
            let markup = bench.telegram.sent.last { $0.method == "sendmessage" }?
                .arguments["reply_markup"]
            #expect(markup?.contains("d:1") == true && bench.telegram.faults.isEmpty)
        }
    }

    @Loop @Test
    func `larger sends the pictures as they are, delete deletes them and their messages`()
        async throws
    {
        try await Self.run { bench, fal in
            let picture = try Self.png(64, 48)
            try await Self.draw("/image --n 2 a cat", picture, bench, fal)
            let album = await bench.wait(for: 2, "sendMediaGroup").map(\.message)
            _ = await bench.hears(1)
            let last = try #require(bench.calls("sendMessage").last).message
            bench.telegram.bring(press: "f:1", on: last, in: 5, from: TelegramBench.ann)
            let files = await bench.wait(for: 2, "sendDocument")
            #expect(files.allSatisfy { $0.arguments["file:document"] == "\(picture.count)" })
            let tenant = bench.bot.ann.row.id
            #expect(bench.bot.bot.files.accounts.use(of: tenant).files > 0)
            bench.telegram.bring(press: "d:1", on: last, in: 5, from: TelegramBench.ann)
            _ = await bench.wait(for: 2, "answerCallbackQuery", to: 0)
            let deleted = await bench.wait(for: 3, "deleteMessage").map(\.message)
            #expect(Set(deleted) == Set(album + [last]))
            #expect(bench.bot.bot.files.accounts.use(of: tenant).files == 0)
            // The pictures are gone, which a second press says.
            bench.telegram.bring(press: "f:1", on: last, in: 5, from: TelegramBench.ann)
            _ = await bench.wait(for: 3, "answerCallbackQuery", to: 0)
            #expect(bench.telegram.faults.isEmpty)
        }
    }

    // MARK: In

    @Loop @Test func `a photo with a caption is one question, in its largest size`() async throws {
        try await Self.run { bench, _ in
            let small = bench.telegram.add(try Self.png(8, 6), name: "s.png")
            let large = bench.telegram.add(try Self.png(64, 48), name: "l.png")
            let sizes = [(small, 8, 6), (large, 64, 48)].map { id, width, height in
                #"{"file_id":"\#(id)","file_unique_id":"u","width":\#(width),"height":\#(height)}"#
            }
            try bench.bring(
                #""caption":"what is it?","photo":[\#(sizes.joined(separator: ","))]"#
            )
            let call = try await bench.bot.hand.call()
            let body = String(decoding: call.object.bytes, as: UTF8.self)
            #expect(body.contains("what is it?") && body.contains("image_url"))
            #expect(bench.telegram.counts["getfile"] == 1)
            call.say("a cat")
            call.finish()
            #expect(await bench.hears(1) == ["a cat"])
        }
    }

    @Loop @Test func `an album is one turn with all its pictures, before the next message`()
        async throws
    {
        try await Self.run { bench, _ in
            for (index, width) in [64, 48, 32].enumerated() {
                let file = bench.telegram.add(try Self.png(width, 48), name: "a.png")
                let caption = index == 1 ? #","caption":"compare them""# : ""
                try bench.bring(
                    #""media_group_id":"g","photo":[{"file_id":"\#(file)","file_unique_id":"u","#
                        + #""width":\#(width),"height":48}]\#(caption)"#
                )
            }
            bench.telegram.bring("and then?", in: 5, from: TelegramBench.ann)
            let call = try await bench.bot.hand.call()
            let body = String(decoding: call.object.bytes, as: UTF8.self)
            #expect(body.split(separator: #""image_url""#).count - 1 >= 3)
            #expect(body.contains("compare them") && !body.contains("and then?"))
            call.say("three")
            call.finish()
            try await bench.answers("next")
            #expect(await bench.hears(2) == ["three", "next"])
            #expect(bench.bot.hand.received == 2)
        }
    }

    @Loop @Test func `a file that is no picture, whatever it says, is answered in words`()
        async throws
    {
        try await Self.run { bench, _ in
            let file = bench.telegram.add(Array("not a picture".utf8), name: "a.jpg")
            try bench.bring(
                #""photo":[{"file_id":"\#(file)","file_unique_id":"u","width":4,"height":4}]"#
            )
            let texts = await bench.hears(1)
            #expect(texts.count == 1 && bench.bot.hand.received == 0)
            let said = try await bench.exchange("hi", "hello")
            #expect(said == "hello")
        }
    }
}
