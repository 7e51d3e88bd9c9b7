import BerthLoop
import BerthMemory
import BerthTelemetry
import BerthTestKit
import Testing

@testable import BerthImage

/// A converter and its accounts.
@Loop final class PictureFixture {
    let budget: MemoryBudget
    let pictures: Pictures

    init(
        limits given: PictureLimits = PictureLimits(),
        memory: ByteCount = .mebibytes(2_048),
        clock: any Clock = SystemClock()
    ) {
        var limits = given
        // The tests of all suites share the loop and the machine.
        if clock is SystemClock { limits.time = .seconds(600) }
        budget = MemoryBudget(limit: memory)
        pictures = Pictures(limits: limits, budget: budget, in: .quiet(clock))
    }

    /// The account of all conversions.
    var account: MemoryAccount { pictures.memory }

    /// Converts `bytes`, and returns the result with its bytes.
    func convert(
        _ bytes: [UInt8],
        to target: PictureTarget = .thumbnail
    ) async throws -> (picture: ConvertedPicture, bytes: [UInt8]) {
        let sink = PictureBytes(atMost: .mebibytes(64))
        let source = PictureBytes(bytes)
        let picture = try await pictures.convert(source, to: target, into: sink, for: "ann")
        return (picture, sink.all)
    }

    /// Begins the account's peak anew.
    func forgetPeak() { budget.forget(account.tenant) }

    /// The error of a conversion of `bytes`, or nil if it succeeds.
    func refusal(_ bytes: [UInt8]) async -> PictureError? { await refusal(PictureBytes(bytes)) }

    /// The error of a conversion of a source, or nil if it succeeds.
    func refusal(
        _ source: any PictureSource,
        into sink: any PictureSink = PictureBytes(),
        for tenant: String = "ann"
    ) async -> PictureError? {
        do throws(PictureError) {
            _ = try await pictures.convert(source, to: .thumbnail, into: sink, for: tenant)
            return nil
        } catch { return error }
    }

    /// A sample with the given size, made by libvips.
    func sample(_ sample: Sample, _ width: Int = 90, _ height: Int = 60) async throws -> [UInt8] {
        let plain = try Sample.gradient(width, height)
        guard let saver = sample.saver else { return plain }
        let target = PictureTarget(sample.format, side: 1 << 14, saver: saver)
        let sink = PictureBytes(atMost: .mebibytes(64))
        _ = try await pictures.convert(PictureBytes(plain), to: target, into: sink, for: "maker")
        return sink.all
    }
}

/// A kind of picture, named after the format and its variant.
enum Sample: String, CaseIterable, CustomTestStringConvertible, Sendable {
    case png, jpeg, jpegFull, jpegProgressive, pngInterlaced, pngPalette, webp, webpLossless, gif
    case avif, avifFull, heic

    /// libvips's suffix of the variant, or nil for a PNG without libvips.
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
        case .avifFull: ".avif[effort=0,subsample-mode=off]"
        case .heic: ".heic[compression=hevc]"
        }
    }

    var format: PictureFormat {
        switch self {
        case .png, .pngInterlaced, .pngPalette: .png
        case .jpeg, .jpegFull, .jpegProgressive: .jpeg
        case .webp, .webpLossless: .webp
        case .gif: .gif
        case .avif, .avifFull: .avif
        case .heic: .heic
        }
    }

    var coding: PictureHeader.Coding {
        switch self {
        case .png, .pngPalette, .jpeg, .jpegFull: .rows
        case .jpegProgressive, .pngInterlaced: .passes
        case .webp, .avif, .avifFull, .heic: .lossy
        case .webpLossless, .gif: .lossless
        }
    }

    var testDescription: String { rawValue }

    /// A PNG of two gradients.
    static func gradient(_ width: Int, _ height: Int) throws -> [UInt8] {
        let sink = PictureBytes(atMost: .mebibytes(64))
        let writer = try PNGWriter(width: width, height: height, to: sink)
        var row = [UInt8](repeating: 0, count: 3 * width)
        for x in 0..<width { row[3 * x] = UInt8(255 * x / width) }
        for y in 0..<height {
            for x in stride(from: 0, to: width, by: 1 + width / 64) {
                row[3 * x + 1] = UInt8(255 * y / height)
            }
            try writer.add(row)
        }
        try writer.finish()
        return sink.all
    }

    /// A PNG with the given chunks between its header and its pixels.
    static func png(_ width: Int, _ height: Int, with chunks: [UInt8]) throws -> [UInt8] {
        let plain = try gradient(width, height)
        return plain[..<33] + chunks + plain[33...]
    }
}

extension [UInt8] {
    /// The bytes with others from `index` on.
    func replacing(at index: Int, with bytes: [UInt8]) -> [UInt8] {
        self[..<index] + bytes + self[(index + bytes.count)...]
    }

    /// The place of the first `text`.
    func place(of text: String) -> Int? {
        let wanted = Array(text.utf8)
        return indices.first { self[$0...].starts(with: wanted) }
    }
}
