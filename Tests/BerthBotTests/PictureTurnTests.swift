import BerthBot
import BerthConfig
import BerthHTTP
import BerthLoop
import BerthMemory
import BerthProviders
import BerthStore
import BerthTelemetry
import BerthTestKit
import BerthText
import BerthWork
import Testing

@testable import BerthFiles

/// The way of a picture from `/image` to its file, over fal's queue.
@Suite(.loop, .timeLimit(.minutes(20))) struct PictureTurnTests {
    @Loop @Test func `a picture is ordered, stored with a thumbnail, and answered`() async throws {
        try await withFal { bot, fal in
            let session = try await bot.session()
            let turn = try await bot.draw("/image a cat [on] a mat", in: session)
            let job = try await fal.job()
            #expect(job.input.string("prompt") == "a cat [on] a mat")
            let reader = turn.reader()
            let told = try await bot.progress(of: reader)
            #expect(told == .queued(position: nil))
            // Nobody is told of work whose job is not on the disk.
            let steps = try await bot.store.stepsWithJob(after: nil, limit: 9)
            #expect(steps.map(\.kind) == [.picture])
            #expect(steps.first?.job?.contains(job.id) == true)
            job.finish()
            let (text, outcome) = try await bot.ended(turn)
            let picture = try #require(outcome.pictures.first)
            #expect(outcome.end == .done && outcome.pictures.count == 1)
            #expect(text == "![a cat on a mat](/files/\(picture.file))")
            #expect((picture.width, picture.height) == (1, 1) && picture.kind == "image/png")
            let small = try #require(picture.thumbnail)
            let kinds = try await bot.store.files(of: bot.ann.row.id, limit: 9).map(\.kind)
            #expect(Set(kinds) == ["image/png", "image/jpeg"])
            #expect(try await bot.store.file(small)?.uses == 1)
            let used = try await bot.used()
            #expect(used.settled == Amounts((.requests, 1), (.images, 1), (.micros, 40_000)))
            #expect(used.reserved == Amounts())
            let stored = try #require(try await bot.store.turn(publicID: turn.id))
            #expect(stored.kind == .image && stored.state == .done && stored.answer == text)
            #expect(stored.pictures == outcome.pictures && stored.model == "fal/fal-ai/hand")
            let found = try await bot.bot.turns.find(turn.id, of: bot.ann).ended()
            #expect(found.outcome.pictures == outcome.pictures)
        }
    }

    @Loop @Test func `several pictures of a size are ordered in one job`() async throws {
        try await withFal { bot, fal in
            let session = try await bot.session()
            let turn = try await bot.draw("/image --n 3 --size 640x480 a cat", in: session)
            let job = try await fal.job()
            #expect(job.input.integer("num_images") == 3)
            let size = try #require(job.input.object("image_size"))
            #expect((size.integer("width"), size.integer("height")) == (640, 480))
            job.finish()
            let (text, outcome) = try await bot.ended(turn)
            #expect(outcome.pictures.count == 3 && text.split(separator: "\n").count == 3)
            let used = try await bot.used()
            #expect(used.settled[.images] == 3 && used.settled[.micros] == 120_000)
        }
    }

    @Loop @Test func `a picture's turn is no part of later prompts`() async throws {
        try await withFal { bot, fal in
            let session = try await bot.session()
            let turn = try await bot.draw("/image a cat", in: session)
            try await fal.job().finish()
            _ = try await bot.ended(turn)
            let (next, call) = try await bot.ask("hello", in: session)
            #expect(call.messages == ["user: hello"])
            call.finish()
            _ = try await next.ended()
        }
    }

    // MARK: Refusals

    /// A reason for which an order is refused.
    enum Refusal: CaseIterable {
        case images, spend, disk, count, suspended, noModel
    }

    @Loop @Test(arguments: Refusal.allCases)
    func `an order is refused in words before it is given`(refusal: Refusal) async throws {
        let change: @Loop @Sendable (inout Configuration) -> Void = { settings in
            switch refusal {
            case .images: settings.quotas.imagesPerDay = 1
            case .spend: settings.quotas.spendPerMonth = Money(micros: 79_999)
            case .disk: settings.quotas.disk = .mebibytes(3)
            case .count: settings.quotas.files = 3
            case .suspended: break
            case .noModel: settings.imageModels = []
            }
        }
        try await withFal(change) { bot, fal in
            let session = try await bot.session()
            if refusal == .suspended { try await bot.bot.set(.suspended, of: bot.ann) }
            let failure = await bot.failure {
                _ = try await bot.draw("/image --n 2 x", in: session)
            }
            let words = try #require(failure?.description)
            let expected =
                switch refusal {
                case .images: "0 of 1 images per day are used, and this request needs 2"
                case .spend: "dollars per month are used, and this request needs"
                case .disk: "your files have 0 B of 3 MiB, and this one needs 4 MiB"
                case .count: "you have 3 files, which is the limit"
                case .suspended: "suspended"
                case .noModel: "makes no pictures"
                }
            #expect(words.contains(expected), "\(words)")
            let orders = fal.orders
            #expect(orders == 0)
            #expect(try await bot.history(session).isEmpty)
            let used = try await bot.used()
            #expect(used.requests == 0 && used.reserved == Amounts())
        }
    }

    @Loop
    @Test(arguments: [
        ("/image", "Say what the picture is to show"), ("/image --n 2", "Say what"),
        ("/image --n 0 x", "from 1 to 10, not `0`"), ("/image --n 11 x", "not `11`"),
        ("/image --n two x", "not `two`"), ("/image --size 10 x", "as in `1024x1536`, not `10`"),
        ("/image --size 0x9 x", "not `0x9`"), ("/image --style b x", "no option `--style`"),
        ("/image --n", "not ``"),
    ])
    func `an order that is none is explained`(text: String, words: String) async throws {
        try await withFal { bot, fal in
            let session = try await bot.session()
            let answer = try await bot.command(text, in: session)
            #expect(answer.contains(words) && answer.contains("`/image description`"), "\(answer)")
            let orders = fal.orders
            #expect(orders == 0)
        }
    }

    @Loop @Test func `a thing that is no picture is refused in words, and is paid for`()
        async throws
    {
        try await withFal { bot, fal in
            let session = try await bot.session()
            let turn = try await bot.draw("/image a cat", in: session)
            try await fal.job().finish(Array("<html>sorry</html>".utf8))
            let (text, outcome) = try await bot.ended(turn)
            #expect(outcome.end == .failed && text == "" && outcome.pictures == [])
            #expect(outcome.error?.contains("'fal'") == true)
            let used = try await bot.used()
            #expect(used.settled[.images] == 1 && used.reserved == Amounts())
            #expect(try await bot.store.files(after: "", limit: 9).isEmpty)
            #expect(FolderReader.names(in: bot.files.path(of: "files/tmp")) == [])
        }
    }

    @Loop @Test func `a job that its provider refuses costs nothing`() async throws {
        try await withFal { bot, fal in
            let session = try await bot.session()
            let turn = try await bot.draw("/image a cat", in: session)
            try await fal.job().fail(.error(503, "no worker"))
            let outcome = try await bot.ended(turn).outcome
            #expect(outcome.end == .failed)
            let used = try await bot.used()
            #expect(used.requests == 0 && used.reserved == Amounts())
        }
    }

    // MARK: Ends

    /// A way in which a turn is ended.
    enum End: CaseIterable {
        case stop, command, byOperator, suspension, deletion
    }

    @Loop @Test(arguments: End.allCases, [false, true])
    func `an end reaches the provider's cancel`(end: End, hasBegun: Bool) async throws {
        try await withFal { bot, fal in
            let session = try await bot.session()
            let turn = try await bot.draw("/image a cat", in: session)
            let job = try await fal.job()
            let reader = turn.reader()
            _ = try await bot.progress(of: reader)
            if hasBegun {
                job.begin()
                while try await bot.progress(of: reader) != .running(percent: nil) {}
            }
            switch end {
            case .stop: try bot.bot.turns.stop(turn.id, by: bot.ann)
            case .command: #expect(try await bot.command("/stop", in: session) == "Stopped.")
            case .byOperator:
                let isEnded = bot.bot.turns.end(turn.id)
                #expect(isEnded)
            case .suspension: try await bot.bot.set(.suspended, of: bot.ann)
            case .deletion: try await bot.bot.delete(session, by: bot.ann)
            }
            #expect(try await bot.ended(turn).outcome.end == .stopped)
            #expect(await eventually { job.isCancelled })
            // A job that the provider has begun is charged.
            let used = try await bot.used()
            #expect(used.settled[.images] == (hasBegun ? 1 : 0) && used.reserved == Amounts())
            let orders = fal.orders
            #expect(orders == 1)
        }
    }

    @Loop @Test func `an order that is not confirmed is uncertain until a person retries it`()
        async throws
    {
        try await withFal { bot, fal in
            let session = try await bot.session()
            fal.losesReplies = true
            let turn = try await bot.draw("/image a cat", in: session)
            let outcome = try await bot.ended(turn).outcome
            #expect(outcome.end == .uncertain)
            #expect(outcome.error?.contains("did not confirm the order") == true)
            let stored = try #require(try await bot.store.turn(publicID: turn.id))
            #expect(stored.state == .uncertain)
            #expect(try await bot.store.steps(of: stored.id).map(\.state) == [.uncertain])
            let used = try await bot.used()
            #expect(used.settled[.micros] == 40_000 && used.estimated == 1)
            let troubles = try await bot.bot.turns.troubled(limit: 9)
            #expect(troubles.map(\.state) == [.uncertain])
            let counts = try await bot.bot.turns.troubles()
            #expect(counts.uncertainCalls == 1 && counts.failedTurns == 0)
            fal.losesReplies = false
            try await bot.bot.retry(turn.id)
            try await fal.job().finish()
            let again = try await bot.bot.turns.find(turn.id, of: bot.ann)
            let end = try await bot.ended(again).outcome
            #expect(end.end == .done && end.pictures.count == 1)
        }
    }

    @Loop @Test func `a prompt is put into English for a model that wants it`() async throws {
        try await withFal(prompt: "english") { bot, fal in
            let session = try await bot.session()
            let turn = try await bot.draw("/image eine Katze auf dem Dach", in: session)
            let call = try await bot.hand.call()
            call.answer(
                .json(
                    CompletionJSON.completion(
                        text: "a cat on the roof",
                        finish: "stop",
                        usage: TokenUsage(input: 5, output: 5, isEstimated: false)
                    )
                )
            )
            let job = try await fal.job()
            #expect(job.input.string("prompt") == "a cat on the roof")
            job.finish()
            let text = try await bot.ended(turn).text
            #expect(text.hasPrefix("![eine Katze auf dem Dach]"))
        }
    }
}

extension BotFixture {
    /// Sends an order of pictures of ``ann``.
    func draw(_ text: String, in session: String) async throws -> LiveTurn {
        try await bot.turns.begin(text, in: session, by: ann)
    }

    /// Waits for the next progress that a reader is told, while time passes.
    func progress(of reader: TurnReader) async throws -> PictureProgress? {
        try await passing {
            while let event = try await reader.next() {
                if case .progress(let progress) = event { return progress }
            }
            return nil
        }
    }

    /// Waits for a turn's end, while time passes.
    func ended(_ turn: LiveTurn) async throws -> (text: String, outcome: TurnOutcome) {
        try await passing { try await turn.ended() }
    }
}
