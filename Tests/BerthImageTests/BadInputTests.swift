import BerthLoop
import BerthMemory
import BerthTestKit
import Glibc
import Testing

@testable import BerthImage

@Suite(.loop) struct BadInputTests {
    /// The number of libvips's temporary files.
    private var temporaries: Int {
        var found = unsafe glob_t()
        defer { unsafe globfree(&found) }
        return unsafe glob("/tmp/vips-*", 0, nil, &found) == 0 ? unsafe Int(found.gl_pathc) : 0
    }

    @Loop
    @Test(arguments: [
        ("", ForeignContent.nothing), ("<svg xmlns='http://www.w3.org/2000/svg'/>", .svg),
        ("<?xml version='1.0'?>\n<svg></svg>", .svg), ("%PDF-1.7\n%abcdef", .pdf),
        ("\u{FEFF}\n <!DOCTYPE html><html>", .html), ("<html><body>404", .html),
        ("{\"error\": \"not found\"}", .json), ("BM0000000000000", .bmp),
        ("II*\0aaaaaaaaaaaa", .tiff), ("#define x_width 16\n", .unknown), ("GIF", .unknown),
    ])
    func `other content is named, whatever it was called`(
        text: String,
        content: ForeignContent
    ) async {
        let refusal = await PictureFixture().refusal(Array(text.utf8))
        #expect(refusal == .notAPicture(content))
    }

    @Loop @Test(arguments: Sample.allCases, PictureFault.allCases)
    func `each fault of each format is refused in words and leaves nothing`(
        sample: Sample,
        fault: PictureFault
    ) async throws {
        let fixture = PictureFixture(memory: .mebibytes(4_096))
        let sound = try await fixture.sample(sample, 260, 180)
        guard let bad = try fault.applied(to: sound, sample) else { return }
        let before = temporaries
        let refusal = await fixture.refusal(bad)
        #expect(fault.allows(refusal, of: sample.format), "\(String(describing: refusal))")
        if let refusal {
            // The words say what to do, and nothing about the server.
            #expect(refusal.description.contains(": ") && !refusal.description.contains("/"))
        }
        #expect(fixture.account.held == .zero)
        #expect(temporaries <= before)
        #expect(await fixture.refusal(sound) == nil, "the next picture is converted")
    }

    @Loop @Test(arguments: Sample.allCases)
    func `a picture that is cut off anywhere is refused`(sample: Sample) async throws {
        let fixture = PictureFixture()
        let whole = try await fixture.sample(sample, 300, 200)
        for part in 1..<12 {
            let cut = Array(whole.prefix(whole.count * part / 12))
            let refusal = await fixture.refusal(cut)
            let isNamed = refusal == .broken(sample.format) || refusal == .notAPicture(.unknown)
            #expect(isNamed, "\(part) of 12: \(String(describing: refusal))")
        }
        #expect(fixture.account.held == .zero)
    }

    @Loop @Test(arguments: Sample.allCases)
    func `a damaged picture is refused or converted, and the process lives`(sample: Sample)
        async throws
    {
        let fixture = PictureFixture()
        let whole = try await fixture.sample(sample, 120, 80)
        var random = SeededGenerator(seed: 7)
        for _ in 0..<40 {
            var bytes = whole
            for _ in 0..<8 {
                let place = Int.random(in: 0..<bytes.count, using: &random)
                bytes[place] = UInt8.random(in: 0...255, using: &random)
            }
            _ = await fixture.refusal(bytes)
        }
        #expect(fixture.account.held == .zero)
    }

    @Loop
    @Test(arguments: [
        (20_000, 20_000, PictureMeasure.side), (16_384, 16_384, .pixels), (1, 1_000_000, .side),
        (12_000, 12_000, .pixels),
    ])
    func `a PNG with too many pixels is refused before it is decoded`(
        width: Int,
        height: Int,
        measure: PictureMeasure
    ) async throws {
        let size = PNGFilter.bytes(width) + PNGFilter.bytes(height)
        let bomb = try Sample.gradient(8, 8).replacing(at: 16, with: size)
        let fixture = PictureFixture()
        fixture.forgetPeak()
        guard case .tooLarge(let which, _, _) = await fixture.refusal(bomb) else {
            Issue.record("it was not refused")
            return
        }
        #expect(which == measure)
        #expect(fixture.account.peak == .zero)
    }

    @Loop @Test(arguments: [Sample.jpegProgressive, .webpLossless, .gif, .avif, .heic])
    func `a small file that states many pixels needs a lease for them`(sample: Sample) async throws
    {
        let fixture = PictureFixture(memory: .mebibytes(128))
        let plain = try await fixture.sample(sample, 64, 64)
        let bomb = try #require(Bomb.of(plain, sample, side: 9_000))
        let refusal = await fixture.refusal(bomb)
        guard case .noRoom = refusal else {
            Issue.record("\(String(describing: refusal))")
            return
        }
        #expect(fixture.account.held == .zero)
    }

    @Loop @Test(arguments: [Sample.avif, .heic])
    func `a picture whose coded size is above the stated one is refused`(sample: Sample)
        async throws
    {
        let fixture = PictureFixture()
        let plain = try await fixture.sample(sample, 400, 400)
        let small = try #require(Bomb.of(plain, sample, side: 64))
        let refusal = await fixture.refusal(small)
        // The size is in the decoder's configuration, or only among the coded bytes.
        let feature: UnsupportedFeature = sample == .heic ? .derivation : .hiddenFrames
        #expect(refusal == .unsupported(sample.format, feature))
    }

    @Loop @Test func `too many frames are refused, of each animated format`() async throws {
        var limits = PictureLimits()
        limits.frames = 3
        let fixture = PictureFixture(limits: limits)
        let gif = try await fixture.sample(.gif, 20, 20)
        let frame = gif[try #require(gif.place(of: ",\0\0\0\0"))...].dropLast()
        let animated = gif.dropLast() + frame + frame + frame + [0x3B]
        let error = PictureError.tooLarge(.frames, is: 4, most: 3)
        #expect(await fixture.refusal(Array(animated)) == error)
        let apng = PNGFilter.chunk("acTL", PNGFilter.bytes(4) + PNGFilter.bytes(0))
        #expect(await fixture.refusal(try Sample.png(20, 20, with: apng)) == error)
        let webp = try await fixture.sample(.webp, 20, 20)
        #expect(await fixture.refusal(Bomb.animated(webp, frames: 4)) == error)
        #expect(await fixture.refusal(Bomb.animated(webp, frames: 3)) == nil)
    }

    @Loop @Test func `compressed texts in a PNG reach no decoder`() async throws {
        let fixture = PictureFixture()
        let text = PNGFilter.chunk("zTXt", Array("a\0\0".utf8) + Bomb.zeros(4 << 20))
        let bomb = try Sample.png(
            64,
            64,
            with: Array([[UInt8]](repeating: text, count: 100).joined())
        )
        let header = try #require(try PictureHeader.read(bomb, isWhole: true))
        var (filter, out) = (PNGFilter(header), [UInt8]())
        try filter.pass(bomb, into: &out)
        #expect(out.count < 10_000)
        #expect(await fixture.refusal(bomb) == nil)
    }

    @Loop @Test func `a large profile in a small chunk reaches no decoder`() async throws {
        let profile = Array("a\0\0".utf8) + Bomb.zeros(8 << 20, starting: [0, 0x80, 0, 0])
        let bomb = try Sample.png(64, 64, with: PNGFilter.chunk("iCCP", profile))
        let header = try #require(try PictureHeader.read(bomb, isWhole: true))
        #expect(!header.hasProfile)
        #expect(await PictureFixture().refusal(bomb) == nil)
    }

    @Loop @Test func `a JPEG with thousands of scans is refused`() async throws {
        let fixture = PictureFixture()
        let plain = try await fixture.sample(.jpegProgressive, 64, 64)
        let last = try #require(plain.indices.last { plain[$0...].starts(with: [0xFF, 0xDA]) })
        let scan = plain[last..<plain.count - 2]
        let scans = [ArraySlice<UInt8>](repeating: scan, count: 2_000).joined()
        let refusal = await fixture.refusal(plain.dropLast(2) + scans + [0xFF, 0xD9])
        #expect(refusal == .unsupported(.jpeg, .scans) || refusal == .broken(.jpeg))
    }

    @Loop @Test func `a file above the limit is refused, also when its size is not stated`()
        async throws
    {
        var limits = PictureLimits()
        limits.encoded = .kibibytes(100)
        let fixture = PictureFixture(limits: limits)
        let long = try Sample.gradient(20, 20) + [UInt8](repeating: 0, count: 200_000)
        #expect(await fixture.refusal(long) == .tooLong(most: .kibibytes(100)))
        let feed = PictureFeed()
        async let ended = fixture.refusal(feed)
        for start in stride(from: 0, to: long.count, by: 1_000) {
            do { try await feed.write(Array(long[start..<start + 1_000].prefix(1_000))) } catch {
                break
            }
            if start > 198_000 { break }
        }
        feed.finish()
        #expect(await ended == .tooLong(most: .kibibytes(100)))
    }

    @Loop @Test func `a picture that is longer than it was said to be is refused`() async throws {
        let (fixture, feed) = (PictureFixture(), PictureFeed(size: .kibibytes(1)))
        async let ended = fixture.refusal(feed)
        let long = try await fixture.sample(.jpeg, 300, 300) + [UInt8](repeating: 0, count: 2_000)
        do throws(PictureError) { try await feed.write(long) } catch {
            #expect(error == .cancelled)
        }
        #expect(await ended == .tooLong(most: .kibibytes(1)))
    }
}
