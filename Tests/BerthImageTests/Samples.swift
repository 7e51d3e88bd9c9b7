import BerthLoop
import BerthMemory
import BerthTelemetry
import BerthTestKit
import Testing

@testable import BerthImage

/// A converter, its accounts and sample pictures of all formats, which it makes itself.
@Loop final class PictureFixture {
    let budget = MemoryBudget(limit: .mebibytes(2_048))
    let pictures: Pictures
    let account: MemoryAccount
    let library: MemoryAccount
    let clock: any Clock

    init(limits: PictureLimits = PictureLimits(), clock: any Clock = SystemClock()) {
        self.clock = clock
        account = budget.account(for: "ann", quota: .mebibytes(1_024))
        library = budget.sharedAccount("pictures", quota: .mebibytes(64))
        pictures = Pictures(limits: limits, library: library, in: .quiet(clock))
    }

    /// Converts `bytes`, and returns the result with its bytes.
    func convert(
        _ bytes: [UInt8],
        to target: PictureTarget = .thumbnail
    ) async throws -> (picture: ConvertedPicture, bytes: [UInt8]) {
        let sink = PictureBytes(atMost: .mebibytes(256))
        let picture = try await pictures.convert(
            PictureBytes(bytes),
            to: target,
            into: sink,
            on: account
        )
        return (picture, sink.all)
    }

    /// The error of a conversion of `bytes`, or nil if it succeeds.
    func refusal(_ bytes: [UInt8]) async -> PictureError? {
        do {
            _ = try await convert(bytes)
            return nil
        } catch { return error as? PictureError }
    }

    /// A sample with the given size.
    func sample(_ sample: Sample, _ width: Int, _ height: Int) async throws -> [UInt8] {
        let demo = PictureBytes(atMost: .mebibytes(256))
        try DemoPicture(prompt: "a \(sample)", width: width, height: height).write(to: demo)
        guard let saver = sample.saver else { return demo.all }
        let target = PictureTarget(.png, side: 1 << 14, saver: saver)
        return try await convert(demo.all, to: target).bytes
    }
}

/// A kind of picture, named after the format and its variant.
enum Sample: String, CaseIterable, CustomTestStringConvertible, Sendable {
    case png, jpeg, jpegFull, jpegProgressive, pngInterlaced, pngPalette, webp, webpLossless, gif
    case avif, heic

    /// libvips's suffix of the variant, or nil for the demo picture itself.
    var saver: String? {
        switch self {
        case .png: nil
        case .jpeg: ".jpg[Q=85]"
        case .jpegFull: ".jpg[Q=85,subsample-mode=off]"
        case .jpegProgressive: ".jpg[Q=85,interlace]"
        case .pngInterlaced: ".png[interlace]"
        case .pngPalette: ".png[palette]"
        case .webp: ".webp[Q=80]"
        case .webpLossless: ".webp[lossless]"
        case .gif: ".gif"
        case .avif: ".avif[effort=0]"
        case .heic: ".heic[compression=hevc]"
        }
    }

    var format: PictureFormat {
        switch self {
        case .png, .pngInterlaced, .pngPalette: .png
        case .jpeg, .jpegFull, .jpegProgressive: .jpeg
        case .webp, .webpLossless: .webp
        case .gif: .gif
        case .avif: .avif
        case .heic: .heic
        }
    }

    var testDescription: String { rawValue }
}
