import BerthBot
import BerthConfig
import BerthHTTP
import BerthImage
import BerthLoop
import BerthMemory
import BerthProviders
import BerthStore
import BerthTestKit
import BerthText
import BerthWork
import Testing

@testable import BerthChannels

/// The images API over HTTP, whose pictures come from fal's queue.
@Suite(.loop, .timeLimit(.minutes(20))) struct PictureAPITests {
    static let path = "/v1/images/generations"
    private static let cached: @Loop @Sendable (inout Configuration) -> Void = {
        $0.cache.scope = .safe
    }

    /// A request for pictures with further members.
    static func body(_ prompt: String = "a cat", _ more: String = "") -> String {
        #"{"model":"berth","prompt":"\#(prompt)"\#(more)}"#
    }

    /// Sends a request of ann, or of the caller with another key.
    @Loop static func send(
        _ bot: BotFixture,
        _ body: String = body(),
        key: String? = nil,
        _ fields: [(String, String)] = []
    ) async throws -> Answer {
        try await bot.ask("POST", path, body, as: .key(key ?? bot.key), fields)
    }

    /// Sends a request, ends its job, and returns the answer.
    @Loop private func draw(
        _ bot: BotFixture,
        _ fal: HandFal,
        _ body: String = body(),
        _ end: @escaping @Loop @Sendable (HandFalJob) -> Void = { $0.finish() }
    ) async throws -> Answer {
        let answers = Mailbox<Answer>()
        let task = TaskPool()
        task.spawn { if let answer = try? await Self.send(bot, body) { answers.put(answer) } }
        return try await bot.passing {
            end(try await fal.job())
            return try await answers.next("the answer")
        }
    }

    // MARK: Answers

    @Loop @Test(arguments: [nil, "url", "b64_json"])
    func `pictures are answered as links or in base64`(form: String?) async throws {
        try await withFal { bot, fal in
            let more = form.map { #","response_format":"\#($0)""# } ?? ""
            let body = Self.body("a cat", #","n":2,"size":"640x480","seed":7\#(more)"#)
            let answer = try await draw(bot, fal, body)
            #expect(answer.status == 200 && answer.headers["content-type"] == "application/json")
            let object = try #require(answer.object, "\(answer.text)")
            #expect(object.integer("created") != nil)
            let data = (object.elements("data") ?? []).compactMap { object.object(at: $0) }
            #expect(data.count == 2)
            for one in data {
                guard form != "b64_json" else {
                    var (decoder, bytes) = (Base64Decoder(), [UInt8]())
                    try decoder.feed(try #require(one.string("b64_json")).utf8, onto: &bytes)
                    #expect(bytes == HandFalJob.png)
                    continue
                }
                let link = try #require(one.string("url"))
                let parts = link.split(separator: "/", maxSplits: 3)
                let file = try await bot.ask("GET", "/files/\(try #require(parts.last))")
                #expect(file.status == 200 && file.bytes == HandFalJob.png)
            }
            let input = fal.jobs[0].input
            let size = try #require(input.object("image_size"))
            #expect((size.integer("width"), size.integer("height")) == (640, 480))
            #expect(input.integer("num_images") == 2 && input.integer("seed") == 7)
            let used = try await usage(bot)
            #expect(used == Amounts((.requests, 1), (.images, 2), (.micros, 80_000)))
        }
    }

    @Loop private func usage(_ bot: BotFixture) async throws -> Amounts {
        await bot.bot.meter.drain()
        let used = try await bot.store.usage(of: bot.ann.row.id, on: bot.clock.timestamp)
        #expect(used.reserved == Amounts())
        return used.settled
    }

    @Loop @Test func `a request that takes long gets white space, and then its pictures`()
        async throws
    {
        try await withFal { bot, fal in
            let (pool, answers) = (TaskPool(), Mailbox<Answer>())
            pool.spawn { if let answer = try? await Self.send(bot) { answers.put(answer) } }
            let job = try await fal.job()
            await settle()
            bot.clock.advance(by: AnswerPatience.pictures)
            await settle()
            job.finish()
            let answer = try await bot.passing { try await answers.next("the answer") }
            #expect(answer.status == 200 && answer.text.hasPrefix(" "))
            #expect(answer.object?.elements("data")?.count == 1)
        }
    }

    @Loop @Test func `a request with a key has the same pictures again`() async throws {
        try await withFal { bot, fal in
            let pool = TaskPool()
            let answers = (0..<2).map { _ in Mailbox<Answer>() }
            let fields = [("idempotency-key", "order-1")]
            let body = Self.body("a cat", #","response_format":"b64_json""#)
            for answer in answers {
                pool.spawn {
                    if let one = try? await Self.send(bot, body, fields) { answer.put(one) }
                }
                await settle()
            }
            let job = try await fal.job()
            job.finish()
            let first = try await bot.passing { try await answers[0].next("the answer") }
            let second = try await answers[1].next("the same answer")
            let third = try await Self.send(bot, body, fields)
            #expect([first, second, third].map(\.status) == [200, 200, 200])
            #expect(first.text.contains("b64_json"))
            #expect(Set([first.text, second.text, third.text]).count == 1)
            #expect(third.headers["x-berth-idempotent"] == "replay")
            let other = try await Self.send(bot, Self.body("a dog"), fields)
            #expect(other.status == 422)
            let orders = fal.orders
            #expect(orders == 1)
            #expect(try await usage(bot)[.micros] == 40_000)
        }
    }

    // MARK: The cache and the same order under way

    @Loop @Test func `the same request is answered with the pictures that are there`()
        async throws
    {
        try await withFal(Self.cached) { bot, fal in
            let (_, secret) = try await bot.bot.tenants.add("bob")
            #expect(try await draw(bot, fal).status == 200)
            for key in [bot.key, secret.text] {
                #expect(try await Self.send(bot, key: key).status == 200)
            }
            var orders = fal.orders
            #expect(orders == 1)
            let fresh = [("cache-control", "no-store")]
            let (pool, answers) = (TaskPool(), Mailbox<Answer>())
            pool.spawn {
                if let one = try? await Self.send(bot, Self.body(), fresh) { answers.put(one) }
            }
            try await fal.job().finish()
            let answer = try await bot.passing { try await answers.next("a fresh one") }
            orders = fal.orders
            #expect(answer.status == 200 && orders == 2)
            let used = try await usage(bot)
            #expect(used == Amounts((.requests, 3), (.images, 2), (.micros, 80_000)))
        }
    }

    @Loop @Test func `the same request under way is ordered once, and its price is shared`()
        async throws
    {
        try await withFal(Self.cached) { bot, fal in
            let (bob, secret) = try await bot.bot.tenants.add("bob")
            let (pool, answers) = (TaskPool(), Mailbox<Answer>())
            for key in [bot.key, secret.text] {
                pool.spawn {
                    if let one = try? await Self.send(bot, key: key) { answers.put(one) }
                }
                await settle()
            }
            let job = try await fal.job()
            #expect(await eventually { bob.callsUnderWay.first?.progress != nil })
            job.finish()
            for _ in 0..<2 {
                let answer = try await bot.passing { try await answers.next("an answer") }
                #expect(answer.status == 200)
            }
            let orders = fal.orders
            #expect(orders == 1)
            #expect(try await usage(bot)[.micros] == 20_000)
            #expect(bot.bot.meter.usage(bob).spentMicros == 20_000)
        }
    }

    // MARK: Ends

    @Loop @Test(arguments: [false, true])
    func `a closed connection reaches the provider's cancel`(isLate: Bool) async throws {
        try await withFal { bot, fal in
            let pool = TaskPool()
            let task = pool.spawn { _ = try? await Self.send(bot) }
            let job = try await fal.job()
            #expect(await eventually { bot.ann.callsUnderWay.first?.progress != nil })
            if isLate {
                bot.clock.advance(by: AnswerPatience.pictures)
                await settle()
            }
            task.cancel()
            // An answer that has begun meets the closed connection with its next white space.
            let isCancelled = try await bot.passing(.seconds(1)) {
                await eventually { job.isCancelled }
            }
            #expect(isCancelled)
            #expect(await eventually { bot.ann.callsUnderWay.isEmpty })
            #expect(try await usage(bot) == Amounts())
        }
    }

    @Loop @Test func `the operator ends a request, whose client is told`() async throws {
        try await withFal { bot, fal in
            let (pool, answers) = (TaskPool(), Mailbox<Answer>())
            pool.spawn { if let answer = try? await Self.send(bot) { answers.put(answer) } }
            let job = try await fal.job()
            let call = try #require(bot.ann.callsUnderWay.first)
            let hasEnded = bot.ann.endCall(call, .endedByOperator)
            let answer = try await answers.next("the answer")
            #expect(hasEnded && answer.status == 403)
            #expect(answer.error?.string("code") == "ended_by_operator")
            #expect(await eventually { job.isCancelled })
        }
    }

    @Loop
    @Test(arguments: [
        (422, #"{"detail":[{"msg":"flagged","type":"content_policy_violation"}]}"#, 400...422),
        (503, #"{"detail":"no worker"}"#, 503...503), (500, #"{"detail":"broken"}"#, 502...503),
    ])
    func `a failed job has a status and words`(
        status: Int,
        text: String,
        expected: ClosedRange<Int>
    ) async throws {
        try await withFal { bot, fal in
            let failure = HTTPResponse.json(Array(text.utf8), status: status)
            let answer = try await draw(bot, fal) { $0.fail(failure) }
            #expect(expected.contains(answer.status), "\(answer.text)")
            #expect(answer.error?.string("message")?.contains("fal") == true)
        }
    }

    @Loop @Test func `a thing that is no picture is an error, and leaves no file`() async throws {
        try await withFal { bot, fal in
            let answer = try await draw(bot, fal) { $0.finish(Array("<html>no</html>".utf8)) }
            #expect(answer.status == 502 && answer.error?.string("code") == "provider_failed")
            #expect(try await bot.store.files(after: "", limit: 9).isEmpty)
            #expect(try await usage(bot)[.images] == 1)
        }
    }
}
