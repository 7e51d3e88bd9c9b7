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
            for: "ann"
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
            places.leave(worker, of: "bob")
        }
        await settle()
        #expect(places.waiting == 1)
        #expect(places.running == 1)
        places.most = 2
        try await entered.wait()
        await pool.drain()
        places.leave(first, of: "ann")
        #expect(places.running == 0)
    }

    @Loop @Test func `a tenant has one conversion at a time, and tenants take turns`() async throws
    {
        let (places, pool) = (PicturePlaces(), TaskPool())
        var order: [String] = []
        let first = try await places.enter(for: "ann")
        for tenant in ["ann", "ann", "ann", "bob", "bob", "eve"] {
            pool.spawn {
                guard let worker = try? await places.enter(for: tenant) else { return }
                order.append(tenant)
                await settle()
                places.leave(worker, of: tenant)
            }
        }
        await settle()
        places.leave(first, of: "ann")
        await pool.drain()
        #expect(order.first == "bob")
        // With two threads, nobody's second comes before everybody's first.
        #expect(Set(order.prefix(3)) == ["ann", "bob", "eve"])
        #expect(order.suffix(1) == ["ann"] && order.count == 6)
    }

    @Loop @Test func `a picture that waits for its tenant's other one keeps nobody waiting`()
        async throws
    {
        let (fixture, pool, slow) = (PictureFixture(), TaskPool(), PictureFeed())
        pool.spawn { _ = await fixture.refusal(slow) }
        pool.spawn { _ = await fixture.refusal(PictureFeed()) }
        await settle()
        let sample = try Sample.gradient(8, 8)
        #expect(await fixture.refusal(PictureBytes(sample), for: "bob") == nil)
        pool.cancelAll()
        await pool.drain()
    }

    @Loop @Test func `a picture for which the server is too small is refused at once`() async throws
    {
        let clock = ManualClock()
        let fixture = PictureFixture(memory: .mebibytes(64), clock: clock)
        // Its lease is above the half of the limit that pictures may have.
        let bomb = try #require(
            Bomb.of(try await PictureFixture().sample(.gif), .gif, side: 4_000)
        )
        let refusal = await fixture.refusal(bomb)
        guard case .noRoom(let needs) = refusal else {
            Issue.record("\(String(describing: refusal))")
            return
        }
        // The lease of libvips ends by the clock.
        clock.advance(by: .seconds(3))
        #expect(needs > .mebibytes(48))
        #expect(refusal?.description.contains("use a smaller one") == true)
    }

    @Loop @Test func `a picture waits for memory that others hold, and is refused in words then`()
        async throws
    {
        var limits = PictureLimits()
        limits.patience = .milliseconds(1)
        let fixture = PictureFixture(limits: limits, memory: .mebibytes(64))
        let other = fixture.budget.account(for: "bob", quota: .mebibytes(64))
        let sample = try Sample.gradient(30, 20)
        do {
            let held = try other.lease(.mebibytes(47), for: .requestBody)
            let refusal = await fixture.refusal(sample)
            guard case .memory(.exhausted) = refusal else {
                Issue.record("\(String(describing: refusal))")
                return
            }
            #expect(refusal?.description.contains("for a picture") == true)
            #expect(held.count == .mebibytes(47))
        }
        #expect(await fixture.refusal(sample) == nil)
    }

    @Loop @Test func `results are smaller while memory is short`() async throws {
        let fixture = PictureFixture()
        let sample = try Sample.gradient(1_000, 800)
        var widths: [Int] = []
        for pressure in [PicturePressure.none, .oneAtATime, .smaller, .textOnly, .none] {
            fixture.pictures.pressure = pressure
            widths.append(try await fixture.convert(sample).picture.width)
        }
        #expect(widths == [512, 512, 256, 256, 512])
    }

    @Loop @Test func `new pictures are refused in words on the last rung, and only there`() throws {
        let pictures = PictureFixture().pictures
        for pressure in [PicturePressure.oneAtATime, .smaller, .textOnly, .smaller, .none] {
            pictures.pressure = pressure
            do throws(PictureError) {
                try pictures.admit()
                #expect(pressure != .textOnly)
            } catch {
                #expect(pressure == .textOnly && error == .paused)
                #expect(error.description.contains("send text"))
            }
        }
    }

    @Loop @Test func `the demo picture follows from its prompt and is marked`() async throws {
        let fixture = PictureFixture()
        func draw(_ prompt: String) async throws -> [UInt8] {
            let (picture, sink) = (
                DemoPicture(prompt: prompt, width: 96, height: 64), PictureBytes()
            )
            try await fixture.pictures.draw(picture, into: sink, for: "ann")
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
