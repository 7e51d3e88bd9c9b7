import BerthBot
import BerthConfig
import BerthHTTP
import BerthLoop
import BerthMemory
import BerthProviders
import BerthStore
import BerthTestKit
import BerthText
import BerthWork
import Testing

@testable import BerthChannels
@testable import BerthFiles

/// Requests to `/v1/images/edits`, whose pictures are files of the tenant while they are needed.
@Suite(.loop, .timeLimit(.minutes(20))) struct PictureEditTests {
    /// A part of a form: its name, and its value or the content of a file.
    typealias Part = (name: String, file: Bool, value: [UInt8])

    private static func part(_ name: String, _ text: String) -> Part {
        (name, false, Array(text.utf8))
    }

    private static func file(_ name: String, _ bytes: [UInt8] = HandFalJob.png) -> Part {
        (name, true, bytes)
    }

    /// A picture whose header is sound and whose pixels are not.
    private static let corrupt = HandFalJob.png.enumerated().map { index, byte in
        (43...50).contains(index) ? 0xFF : byte
    }

    /// Sends a form of ann.
    @Loop private static func send(
        _ bot: BotFixture,
        _ parts: [Part],
        _ fields: [(String, String)] = []
    ) async throws -> Answer {
        var body: [UInt8] = []
        for part in parts {
            let file = part.file ? #"; filename="a.png""# : ""
            let head = "--X\r\nContent-Disposition: form-data; name=\"\(part.name)\"\(file)\r\n\r\n"
            body += Array(head.utf8) + part.value + Array("\r\n".utf8)
        }
        body += Array("--X--\r\n".utf8)
        let kind = [("content-type", "multipart/form-data; boundary=X")]
        let path = "/v1/images/edits"
        return try await Answer(bot.send("POST", path, body, as: .key(bot.key), kind + fields))
    }

    /// Ends the job of a request, and returns the request's answer.
    @Loop private func answer(
        _ bot: BotFixture,
        _ fal: HandFal,
        _ parts: [Part]
    ) async throws -> (HandFalJob, Answer) {
        let (pool, answers) = (TaskPool(), Mailbox<Answer>())
        pool.spawn { if let one = try? await Self.send(bot, parts) { answers.put(one) } }
        let job = try await fal.job()
        // A use of a file is told from its upload by the time.
        bot.clock.advance(by: .seconds(1))
        job.finish()
        return (job, try await bot.passing { try await answers.next("the answer") })
    }

    /// The names of the files that the tenant has in the end, without those of the answer.
    @Loop private func temporaries(_ bot: BotFixture) -> [String] {
        FolderReader.names(in: bot.files.path(of: "files/tmp"))
    }

    @Loop @Test func `pictures and a mask reach the provider, and are deleted afterwards`()
        async throws
    {
        try await withFal { bot, fal in
            let other = HandFalJob.png + [0]
            let parts = [
                Self.part("prompt", "at night"), Self.part("n", "2"),
                Self.part("response_format", "b64_json"), Self.file("image[]"),
                Self.file("image[]", other), Self.file("mask", other),
            ]
            let (job, answer) = try await answer(bot, fal, parts)
            #expect(answer.status == 200, "\(answer.text)")
            #expect(answer.object?.elements("data")?.count == 2)
            #expect(job.input.string("prompt") == "at night")
            #expect(job.input.elements("image_urls")?.count == 2)
            #expect(job.input.string("mask_url")?.hasPrefix("data:image/png;base64,") == true)
            // The picture that was made has the content of the first input, and has a thumbnail.
            let files = try await bot.store.files(of: bot.ann.row.id, limit: 9)
            #expect(Set(files.map(\.kind)) == ["image/png", "image/jpeg"] && files.count == 2)
            #expect(temporaries(bot) == [])
        }
    }

    @Loop
    @Test(arguments: [
        ("no image", [part("prompt", "x")]), ("no prompt", [file("image")]),
        ("an empty file", [part("prompt", "x"), file("image", [])]),
        ("a page", [part("prompt", "x"), file("image", Array("<html></html>".utf8))]),
        ("an SVG", [part("prompt", "x"), file("image", Array("<svg/>".utf8))]),
        ("a PDF", [part("prompt", "x"), file("image", Array("%PDF-1.4".utf8))]),
        ("a torn PNG", [part("prompt", "x"), file("image", Array(HandFalJob.png.prefix(20)))]),
        ("a corrupt PNG", [part("prompt", "x"), file("image", corrupt)]),
        ("a corrupt mask", [part("prompt", "x"), file("image"), file("mask", corrupt)]),
        ("a bad mask", [part("prompt", "x"), file("image"), file("mask", [0, 1, 2])]),
        ("two masks", [part("prompt", "x"), file("image"), file("mask"), file("mask")]),
        ("another file", [part("prompt", "x"), file("image"), file("other")]),
        ("an address", [part("prompt", "x"), part("image", "http://127.0.0.1/a.png")]),
        ("17 pictures", [part("prompt", "x")] + (0..<17).map { _ in file("image[]") }),
        ("a long field", [part("prompt", "x"), part("user", String(repeating: "u", count: 2048))]),
    ])
    func `a wrong form is refused in words, and leaves no file`(
        name: String,
        parts: [Part]
    ) async throws {
        try await withFal { bot, fal in
            let answer = try await Self.send(bot, parts)
            #expect(answer.status == 400, "\(name): \(answer.text)")
            #expect(answer.error?.string("message")?.isEmpty == false)
            #expect(try await bot.store.files(after: "", limit: 9).isEmpty)
            #expect(temporaries(bot) == [])
            let (orders, use) = (fal.orders, bot.bot.files.accounts.use(of: bot.ann.row.id))
            #expect(orders == 0 && use == FileAccounts.Use())
        }
    }

    @Loop @Test func `a form that is none is refused`() async throws {
        try await withFal { bot, fal in
            let kinds = [
                "application/json", "multipart/form-data", "text/plain",
                "multipart/form-data; boundary=Y",
            ]
            for kind in kinds {
                let answer = try await Self.send(
                    bot,
                    [Self.file("image")],
                    [("content-type", kind)]
                )
                #expect(answer.status == 400, "\(kind): \(answer.text)")
            }
            #expect(temporaries(bot) == [])
        }
    }

    @Loop @Test func `a closed connection cancels the job and deletes the pictures`()
        async throws
    {
        try await withFal { bot, fal in
            let pool = TaskPool()
            let task = pool.spawn {
                _ = try? await Self.send(bot, [Self.part("prompt", "x"), Self.file("image")])
            }
            let job = try await fal.job()
            #expect(await eventually { bot.ann.callsUnderWay.first?.progress != nil })
            task.cancel()
            #expect(await eventually { job.isCancelled })
            #expect(await eventually { bot.bot.files.accounts.files == 0 })
            #expect(temporaries(bot) == [])
        }
    }
}
