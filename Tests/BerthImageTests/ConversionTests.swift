import BerthLoop
import BerthMemory
import BerthTestKit
import Glibc
import Testing

@testable import BerthImage

@Suite(.loop) struct ConversionTests {
    @Loop @Test(arguments: Sample.allCases, [(90, 60), (700, 33), (65, 512)])
    func `each format becomes a thumbnail`(sample: Sample, size: (Int, Int)) async throws {
        let fixture = PictureFixture()
        let original = try await fixture.sample(sample, size.0, size.1)
        let target = PictureTarget(.jpeg, side: 64)
        fixture.forgetPeak()
        let (picture, bytes) = try await fixture.convert(original, to: target)
        #expect(picture.header.format == sample.format)
        #expect(picture.header.coding == sample.coding)
        #expect([picture.header.width, picture.header.height] == [size.0, size.1])
        #expect(max(picture.width, picture.height) == 64)
        let header = try #require(try PictureHeader.read(bytes, isWhole: true))
        #expect(header.format == .jpeg)
        #expect([header.width, header.height] == [picture.width, picture.height])
        #expect(picture.bytes.bytes == bytes.count)
        #expect(picture.original.bytes == original.count)
        #expect(fixture.account.held == .zero)
        #expect(fixture.account.peak == picture.lease)
    }

    @Loop @Test(arguments: [PictureFormat.jpeg, .png, .webp, .avif])
    func `a picture is written in each format`(format: PictureFormat) async throws {
        let fixture = PictureFixture()
        let target = PictureTarget(format, side: 50)
        let (picture, bytes) = try await fixture.convert(try Sample.gradient(100, 80), to: target)
        #expect(try PictureHeader.read(bytes, isWhole: true)?.format == format)
        #expect([picture.width, picture.height] == [50, 40])
    }

    @Loop @Test func `a small picture keeps its size`() async throws {
        let (picture, _) = try await PictureFixture().convert(try Sample.gradient(30, 20))
        #expect([picture.width, picture.height] == [30, 20])
    }

    @Loop @Test(arguments: 1...8)
    func `the orientation is applied, and no metadata is left`(orientation: Int) async throws {
        let fixture = PictureFixture()
        let plain = try await fixture.sample(.jpeg, 60, 20)
        let exif = Array("Exif\0\0".utf8) + EXIF.data(orientation: orientation)
        let comment = [UInt8](repeating: 0x41, count: 300)
        let turned =
            plain[..<2] + [0xFF, 0xE1, 0, UInt8(exif.count + 2)] + exif
            + [0xFF, 0xFE, 1, 46] + comment + plain[2...]
        let (picture, bytes) = try await fixture.convert(Array(turned))
        #expect(picture.header.orientation == orientation)
        let isOnItsSide = orientation >= 5
        #expect([picture.width, picture.height] == (isOnItsSide ? [20, 60] : [60, 20]))
        #expect(bytes.place(of: "Exif") == nil)
        #expect(bytes.place(of: "AAAA") == nil)
    }

    @Loop @Test func `a PNG's orientation is applied`() async throws {
        let chunk = PNGFilter.chunk("eXIf", EXIF.data(orientation: 6))
        let turned = try Sample.png(60, 20, with: chunk)
        let (picture, _) = try await PictureFixture().convert(turned)
        #expect([picture.width, picture.height] == [20, 60])
    }

    @Loop @Test func `the original is kept byte for byte, also the rest that no decoder reads`()
        async throws
    {
        let fixture = PictureFixture()
        let rest = [UInt8](repeating: 7, count: 200_000)
        let original = try await fixture.sample(.jpeg) + rest
        let kept = PictureBytes()
        _ = try await fixture.pictures.convert(
            PictureBytes(original),
            to: .thumbnail,
            into: PictureBytes(),
            keeping: kept,
            for: "ann"
        )
        #expect(kept.all == original)
    }

    @Loop @Test func `a result with too many bytes is made smaller`() async throws {
        let fixture = PictureFixture()
        let original = try await fixture.sample(.pngInterlaced, 400, 400)
        let whole = try await fixture.convert(original, to: PictureTarget(.png, side: 400)).bytes
        let target = PictureTarget(.png, side: 400, bytes: ByteCount(whole.count / 2))
        let (picture, bytes) = try await fixture.convert(original, to: target)
        #expect(bytes.count <= whole.count / 2)
        #expect(picture.width < 400)
        #expect(try PictureHeader.read(bytes, isWhole: true)?.width == picture.width)
    }

    @Loop @Test func `a result that never fits is refused`() async throws {
        let target = PictureTarget(.jpeg, side: 400, bytes: ByteCount(100))
        await #expect(throws: PictureError.resultTooLong(most: ByteCount(100))) {
            try await PictureFixture().convert(try Sample.gradient(400, 400), to: target)
        }
    }

    @Loop @Test func `files are sources and places`() async throws {
        let (fixture, folder) = (PictureFixture(), try TemporaryFolder())
        try folder.write(try await fixture.sample(.jpeg, 300, 200), to: "in")
        let input = unsafe open(folder.path(of: "in"), O_RDONLY | O_CLOEXEC)
        let output = unsafe open(folder.path(of: "out"), O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        defer {
            close(input)
            close(output)
        }
        let source = PictureFile(input)
        let header = try await fixture.pictures.probe(source, for: "ann")
        #expect([header.width, header.height] == [300, 200])
        let picture = try await fixture.pictures.convert(
            source,
            to: PictureTarget(.webp, side: 100),
            into: PictureFile(output),
            for: "ann"
        )
        let bytes = try folder.read("out")
        #expect(bytes.count == picture.bytes.bytes)
        #expect(try PictureHeader.read(bytes, isWhole: true)?.format == .webp)
    }

    @Loop @Test func `a place that cannot be written is an error of the server`() async throws {
        let full = unsafe open("/dev/full", O_WRONLY | O_CLOEXEC)
        defer { close(full) }
        let fixture = PictureFixture()
        let source = PictureBytes(try Sample.gradient(30, 20))
        let refusal = await fixture.refusal(source, into: PictureFile(full))
        guard let refusal, case .notWritten = refusal else {
            Issue.record("\(String(describing: refusal))")
            return
        }
        #expect(!refusal.description.contains("pwrite"))
        #expect(refusal.forOperator.contains("pwrite"))
        #expect(fixture.account.held == .zero)
    }

    @Loop @Test func `an animation is its first frame`() async throws {
        let fixture = PictureFixture()
        let gif = try await fixture.sample(.gif, 40, 30)
        // The same frame again, as a second one.
        let frame = try #require(gif.place(of: ",\0\0\0\0"))
        let animated = gif.dropLast() + gif[frame...]
        let (picture, bytes) = try await fixture.convert(Array(animated))
        #expect([picture.width, picture.height] == [40, 30])
        #expect(try await fixture.convert(gif).bytes == bytes)
    }
}
