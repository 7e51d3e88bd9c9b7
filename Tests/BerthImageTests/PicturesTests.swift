import BerthLoop
import BerthMemory
import BerthTestKit
import Testing

@testable import BerthImage

@Suite(.loop) struct PicturesTests {
    @Loop @Test func `a picture is converted as it arrives, and a writer waits for room`()
        async throws
    {
        let fixture = PictureFixture()
        let original =
            try await fixture.sample(.pngInterlaced, 900, 700)
            + [UInt8](
                repeating: 1,
                count: 400_000
            )
        let (feed, sink) = (PictureFeed(size: ByteCount(original.count)), PictureBytes())
        async let made = fixture.pictures.convert(
            feed,
            to: .thumbnail,
            into: sink,
            on: fixture.account
        )
        for start in stride(from: 0, to: original.count, by: 5_000) {
            try await feed.write(Array(original[start..<min(start + 5_000, original.count)]))
        }
        feed.finish()
        let picture = try await made
        #expect([picture.width, picture.height] == [512, 398])
        #expect(picture.original.bytes == original.count)
    }

    @Loop @Test func `a picture that stops arriving fails`() async throws {
        let (fixture, feed) = (PictureFixture(), PictureFeed())
        let part = Array(try await fixture.sample(.jpeg, 300, 300).prefix(900))
        async let ended = fixture.refusal(feed)
        try await feed.write(part)
        feed.fail()
        #expect(await ended == .sourceFailed)
        #expect(fixture.account.held == .zero)
    }

    @Loop @Test(arguments: [0, 900])
    func `the time limit stops a picture that does not arrive`(arrived: Int) async throws {
        let clock = ManualClock()
        let (fixture, feed) = (PictureFixture(clock: clock), PictureFeed())
        let part = Array(try await fixture.sample(.jpeg, 300, 300).prefix(arrived))
        let before = clock.pending
        async let ended = fixture.refusal(feed)
        if !part.isEmpty { try await feed.write(part) }
        let isWaiting = await eventually { clock.pending > before }
        #expect(isWaiting)
        clock.advance(by: PictureLimits().time)
        #expect(await ended == .outOfTime(PictureLimits().time))
        let isReturned = await eventually { fixture.account.held == .zero }
        #expect(isReturned)
        await #expect(throws: PictureError.cancelled) { try await feed.write(part) }
    }

    @Loop @Test func `a cancelled conversion ends and returns its place`() async throws {
        let fixture = PictureFixture()
        let pool = TaskPool()
        for _ in 0..<6 {
            let feed = PictureFeed()
            pool.spawn { _ = await fixture.refusal(feed) }
        }
        await settle()
        pool.cancelAll()
        await pool.drain()
        #expect(await fixture.refusal(try await fixture.sample(.jpeg)) == nil)
    }

    @Loop @Test func `conversions wait for their turn, up to a bound of their tenant`() async throws
    {
        let (fixture, pool) = (PictureFixture(), TaskPool())
        fixture.pictures.most = 1
        for _ in 0..<1 + PicturePlaces.mostWaitingOfOne {
            let feed = PictureFeed()
            pool.spawn { _ = await fixture.refusal(feed) }
        }
        await settle()
        let sample = try Sample.gradient(8, 8)
        #expect(await fixture.refusal(sample) == .busy(waiting: PicturePlaces.mostWaitingOfOne))
        pool.cancelAll()
        await pool.drain()
        #expect(await fixture.refusal(sample) == nil)
    }

    @Loop @Test func `one conversion runs at a time under pressure, and then two again`()
        async throws
    {
        let places = PicturePlaces()
        places.most = 1
        let first = try await places.enter(for: "ann")
        let pool = TaskPool()
        let entered = Wakeup()
        pool.spawn {
            guard let worker = try? await places.enter(for: "bob") else { return }
            entered.signal()
            places.leave(worker)
        }
        await settle()
        #expect(places.waiting == 1)
        #expect(places.running == 1)
        places.most = 2
        try await entered.wait()
        await pool.drain()
        places.leave(first)
        #expect(places.running == 0)
    }

    @Loop @Test func `a tenant without memory is refused in words`() async throws {
        var limits = PictureLimits()
        limits.patience = .zero
        let fixture = PictureFixture(limits: limits, quota: .mebibytes(1))
        let refusal = await fixture.refusal(try Sample.gradient(30, 20))
        guard case .memory(.overQuota) = refusal else {
            Issue.record("\(String(describing: refusal))")
            return
        }
        #expect(refusal?.description.contains("picture") == true)
    }

    @Loop @Test func `the demo picture follows from its prompt and is marked`() async throws {
        let fixture = PictureFixture()
        func draw(_ prompt: String) async throws -> [UInt8] {
            let (picture, sink) = (
                DemoPicture(prompt: prompt, width: 96, height: 64), PictureBytes()
            )
            try await fixture.pictures.draw(picture, into: sink, on: fixture.account)
            return sink.all
        }
        let cat = try await draw("a cat")
        #expect(try await draw("a cat") == cat)
        #expect(try await draw("a dog") != cat)
        let header = try #require(try PictureHeader.read(cat, isWhole: true))
        #expect([header.width, header.height] == [96, 64])
        let (picture, _) = try await fixture.convert(cat)
        #expect([picture.width, picture.height] == [96, 64])
        #expect(fixture.account.held == .zero)
    }

    @Loop @Test(arguments: [(0, 0), (-5, 20), (100_000, 1), (17, 4_000)])
    func `a demo picture of any size has an allowed one`(width: Int, height: Int) throws {
        let sink = PictureBytes(atMost: .mebibytes(64))
        if width < 1_000, height < 1_000 {
            try DemoPicture(prompt: "é 🐈", width: width, height: height).write(to: sink)
            #expect(try PictureHeader.read(sink.all, isWhole: true)?.format == .png)
        } else {
            _ = DemoPicture(prompt: "", width: width, height: height)
        }
    }

    @Loop
    @Test(arguments: [Sample.jpegProgressive, .pngInterlaced, .avif, .heic, .gif, .webpLossless])
    func `the memory of a conversion stays below its lease`(sample: Sample) async throws {
        let fixture = PictureFixture()
        let original = try await fixture.sample(sample, 1_000, 800)
        _ = try await fixture.convert(original)
        // Other tests run in this process, so the least of some runs counts.
        var (least, lease) = (Int.max, 0)
        for _ in 0..<5 {
            let peak = PeakMemory()
            lease = try await fixture.convert(original).picture.lease.bytes
            least = min(least, peak.bytes)
        }
        #expect(Double(least) <= 1.1 * Double(lease))
    }
}
