import BerthConfig
import BerthHTTP
import BerthLoop
import BerthMemory
import BerthProviders
import BerthTestKit
import BerthText
import Testing

@testable import BerthSimulation

@Suite(.loop, .timeLimit(.minutes(20))) struct FalProviderTests {
    @Loop @Test func `a job is ordered, waited for and delivered`() async throws {
        let (asker, shelf) = (Asker(), PictureShelf())
        try await withFal { url, fake in
            let call = asker.order("fake/flux/dev", count: 2)
            let outcome = await asker.make(try asker.fal(url), call, into: shelf)
            let (pictures, tally, held) = (shelf.pictures, fake.tally, call.memory.account.held)
            #expect(outcome.error == nil)
            #expect(outcome.bill == PictureBill(pictures: 2))
            #expect(outcome.progress.last == .loading)
            #expect(pictures.count == 2)
            #expect(pictures.allSatisfy { isPNG($0) })
            #expect(pictures.first != pictures.last)
            #expect(tally == FakeFal.Tally(submits: 1, results: 1, downloads: 2))
            #expect(held == .zero)
        }
    }

    @Loop @Test func `the place in the queue and the percent are told`() async throws {
        let (asker, shelf, clock) = (Asker(), PictureShelf(), ManualClock())
        let pace = FakeFal.Pace(queue: .seconds(6), step: .milliseconds(500))
        let fake = FakeFal(pace: pace, in: .quiet(clock))
        let handler = fake.handler
        // The job goes on by 2 s with each question for its status.
        let steps: HTTPHandler = { request in
            if request.path.hasSuffix("/status") { clock.advance(by: .seconds(2)) }
            return await handler(request)
        }
        try await withServer(steps) { url in
            let call = asker.order("fake/flux")
            let outcome = await asker.make(try asker.fal(url), call, into: shelf)
            #expect(outcome.error == nil)
            let places = outcome.progress.compactMap { progress -> Int? in
                guard case .queued(let place) = progress else { return nil }
                return place
            }
            let percents = outcome.progress.compactMap { progress -> Int? in
                guard case .running(let percent) = progress else { return nil }
                return percent
            }
            #expect(places == [2, 1])
            #expect(percents == [0, 40, 80])
        }
    }

    @Loop @Test func `another process takes a stored job up`() async throws {
        let (asker, shelf) = (Asker(), PictureShelf())
        try await withFal { url, fake in
            let call = asker.order("fake/flux/dev")
            guard case .job(let job) = try await asker.fal(url).order(call, into: shelf) else {
                Issue.record("no job")
                return
            }
            #expect(!job.text.contains(Asker.key))
            #expect(!job.text.contains("fox"))
            #expect(job.text.utf8.count <= PictureJob.mostText)
            let stored = PictureJob(model: job.model, text: job.text)
            let other = try asker.fal(url)
            let bill = try await other.result(of: stored, memory: call.memory, into: shelf) { _ in }
            // A result can be asked for again.
            let again = PictureShelf()
            _ = try await other.result(of: stored, memory: call.memory, into: again) { _ in }
            let (count, same, submits) = (
                shelf.pictures.count, shelf.pictures == again.pictures, fake.tally.submits
            )
            #expect(bill.pictures == 1)
            #expect(count == 1)
            #expect(same)
            #expect(submits == 1)
        }
    }

    @Loop @Test(arguments: ["", "{}", "[1]", #"{"request_id":"../../x"}"#, #"{"request_id":7}"#])
    func `a stored job that cannot be read is uncertain`(text: String) async throws {
        let asker = Asker()
        let provider = try asker.fal("http://127.0.0.1:1")
        let memory = asker.order("m").memory
        let shelf = PictureShelf()
        await #expect(throws: ProviderError.self) {
            _ = try await provider.result(
                of: PictureJob(model: "fake/flux", text: text),
                memory: memory,
                into: shelf
            ) { _ in }
        }
    }

    @Loop @Test func `cancelling the wait leaves the job, and cancel ends it`() async throws {
        let (asker, shelf, asked) = (Asker(), PictureShelf(), Wakeup())
        try await withFal { url, fake in
            let provider = try asker.fal(url)
            let call = asker.order("fake/flux/never")
            var outcome = PictureOutcome()
            let pool = TaskPool()
            let task = pool.spawn {
                do throws(ProviderError) {
                    guard case .job(let job) = try await provider.order(call, into: shelf) else {
                        return
                    }
                    outcome.job = job
                    _ = try await provider.result(of: job, memory: call.memory, into: shelf) { _ in
                        asked.signal()
                    }
                } catch { outcome.error = error }
            }
            try await asked.wait()
            task.cancel()
            await pool.drain()
            let before = fake.tally.cancels
            await provider.cancel(try #require(outcome.job))
            let (after, held) = (fake.tally.cancels, call.memory.account.held)
            #expect(outcome.error == .cancelled)
            #expect((before, after) == (0, 1))
            #expect(held == .zero)
        }
    }

    @Loop @Test func `an order that is cancelled is still a job that can be cancelled`()
        async throws
    {
        let (asker, shelf, taken) = (Asker(), PictureShelf(), Wakeup())
        let fake = FakeFal(pace: FakeFal.Pace(queue: .seconds(999)), in: .quiet())
        let handler = fake.handler
        let goesOn = Wakeup()
        let slow: HTTPHandler = { request in
            guard request.method == "POST" else { return await handler(request) }
            let answer = await handler(request)
            taken.signal()
            try? await goesOn.wait()
            return answer
        }
        try await withServer(slow) { url in
            let provider = try asker.fal(url)
            var order: PictureOrder?
            let pool = TaskPool()
            let task = pool.spawn {
                order = try? await provider.order(asker.order("fake/flux"), into: shelf)
            }
            try await taken.wait()
            task.cancel()
            goesOn.signal()
            await pool.drain()
            guard case .job(let job) = order else {
                Issue.record("the job was lost")
                return
            }
            await provider.cancel(job)
            let tally = fake.tally
            #expect(tally == FakeFal.Tally(submits: 1, cancels: 1))
        }
    }

    @Loop @Test func `a job that is late is cancelled`() async throws {
        let (asker, shelf) = (Asker(), PictureShelf())
        try await withFal { url, fake in
            var settings = try asker.settings(url, .fal)
            settings.timeout.whole = .seconds(5)
            let provider = FalProvider(settings, client: asker.client, in: .quiet(FastClock()))
            let outcome = await asker.make(provider, asker.order("fake/flux/never"), into: shelf)
            let cancels = fake.tally.cancels
            guard case .timedOut = outcome.error else {
                Issue.record("\(String(describing: outcome.error))")
                return
            }
            #expect(cancels == 1)
        }
    }

    /// Models whose jobs are delivered in spite of the fault.
    @Loop
    @Test(arguments: [
        "flaky-status", "flaky-result", "foreign-links", "data-url", "single", "redirect", "octets",
        "flaky",
    ])
    func `a fault that passes does not lose a job`(fault: String) async throws {
        let (asker, shelf) = (Asker(), PictureShelf())
        try await withFal { url, fake in
            let call = asker.order("fake/flux/\(fault)")
            let outcome = await asker.make(try asker.fal(url), call, into: shelf)
            let (pictures, submits, largest) = (shelf.pictures, fake.tally.submits, shelf.largest)
            #expect(outcome.error == nil)
            #expect(outcome.bill?.pictures == 1)
            #expect(pictures.count == 1)
            #expect(pictures.allSatisfy { isPNG($0) })
            #expect(submits == 1)
            #expect(largest <= 64 << 10)
        }
    }

    @Loop @Test(arguments: ["lost-reply", "gateway-reply", "nameless"])
    func `an order without a readable answer is uncertain and sent once`(fault: String) async throws
    {
        let (asker, shelf) = (Asker(), PictureShelf())
        try await withFal { url, fake in
            let provider = try asker.fal(url)
            // The connection of an earlier answer must not be used, because curl would send again.
            _ = await asker.make(provider, asker.order("fake/flux"), into: shelf)
            let before = fake.tally.submits
            let call = asker.order("fake/flux/\(fault)")
            let outcome = await asker.make(provider, call, into: shelf)
            let submits = fake.tally.submits - before
            guard case .uncertain = outcome.error else {
                Issue.record("\(String(describing: outcome.error))")
                return
            }
            #expect(outcome.error?.meansNothingBought == false)
            #expect(submits == 1)
        }
    }

    @Loop @Test func `a connection that closes without an answer is uncertain and sent once`()
        async throws
    {
        let asker = Asker()
        var requests = 0
        let server = try ScriptedServer { connection in
            try await connection.request()
            requests += 1
            connection.close()
        }
        let outcome = await asker.make(
            try asker.fal(server.url),
            asker.order("fake/flux"),
            into: PictureShelf()
        )
        await server.stop()
        #expect(
            outcome.error == .uncertain(provider: "fake", reason: "it closed the connection")
        )
        #expect(requests == 1)
    }

    @Loop @Test func `nothing listens, so nothing was bought`() async throws {
        let asker = Asker()
        let outcome = await asker.make(
            try asker.fal("http://127.0.0.1:1"),
            asker.order("fake/flux"),
            into: PictureShelf()
        )
        guard case .unreachable = outcome.error else {
            Issue.record("\(String(describing: outcome.error))")
            return
        }
        #expect(outcome.error?.meansNothingBought == true)
    }

    @Loop @Test func `a receiver that refuses ends the download`() async throws {
        let asker = Asker()
        try await withFal { url, fake in
            let shelf = PictureShelf(room: 100)
            let call = asker.order("fake/flux")
            let outcome = await asker.make(try asker.fal(url), call, into: shelf)
            let count = shelf.pictures.count
            #expect(outcome.error == .cancelled)
            #expect(count == 0)
        }
    }

    @Loop @Test func `the input has fal's members, and pictures as data URLs`() async throws {
        let asker = Asker()
        var bodies: [JSONObject] = []
        var fields: [HTTPHeaders] = []
        let handler: HTTPHandler = { request in
            fields.append(request.headers)
            let bytes = try? await request.body.collect(atMost: .mebibytes(8))
            if let object = try? JSONObject(bytes ?? []) { bodies.append(object) }
            return .json(Array(#"{"request_id":"r1"}"#.utf8))
        }
        let picture = MemoryPicture(
            kind: "image/webp",
            content: (0..<200_000).map { UInt8($0 % 251) }
        )
        try await withServer(handler) { url in
            let call = asker.order("fal-ai/flux/dev", count: 3) {
                $0.size = PictureSize(width: 640, height: 480)
                $0.seed = 7
                $0.inputs = [picture, picture]
                $0.mask = picture
                $0.options = try? JSONObject(Array(#"{"output_format":"jpg","style":"x"}"#.utf8))
            }
            let order = try await asker.fal(url).order(call, into: PictureShelf())
            guard case .job(let job) = order else { return }
            #expect(job.text.contains("/fal-ai/flux/requests/r1"))
            #expect(!job.text.contains("/dev/"))
            let body = try #require(bodies.first)
            #expect(body.string("prompt") == "a red fox")
            #expect(body.integer("num_images") == 3)
            #expect(body.integer("seed") == 7)
            #expect(body.object("image_size")?.integer("height") == 480)
            #expect(body.string("output_format") == "jpeg")
            #expect(!body.has("style"))
            let range = try #require(body.elements("image_urls")?.last)
            let link = JSONObject.text(body.bytes[range])
            #expect(link.hasPrefix("data:image/webp;base64,"))
            #expect(body.string("mask_url") == link)
            var (decoder, bytes) = (Base64Decoder(), [UInt8]())
            try decoder.feed(link.utf8.drop { $0 != UInt8(ascii: ",") }.dropFirst(), onto: &bytes)
            try decoder.finish(onto: &bytes)
            #expect(bytes == picture.content)
            let header = try #require(fields.first)
            #expect(header["authorization"] == "Key \(Asker.key)")
            #expect(header["x-fal-request-timeout"] == "3600")
            #expect(header["x-fal-store-io"] == nil)
        }
    }
}
