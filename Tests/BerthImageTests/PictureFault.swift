import Testing

@testable import BerthImage

/// A kind of bad picture, which can be made from a sound one of any format.
enum PictureFault: String, CaseIterable, CustomTestStringConvertible, Sendable {
    case cutInHeader, cutInPixels, cutAtEnd, emptyAfterMagic
    case svgAfterMagic, pdfAfterMagic, htmlAfterMagic
    case zeroedPixels, noiseInPixels, noiseInHeader, doubledHeader
    case noSides, wideSides, manyPixels, fewerPixels, morePixels

    var testDescription: String { rawValue }

    /// The picture with the fault, or nil if the format cannot have it.
    func applied(to picture: [UInt8], _ sample: Sample) throws -> [UInt8]? {
        let header = try #require(try PictureHeader.read(picture, isWhole: true))
        let (count, magic) = (picture.count, Array(picture.prefix(sample.magic)))
        // The pixels are the greater part of every sample, and at its end.
        let pixels = picture.index(picture.startIndex, offsetBy: count * 2 / 3)
        switch self {
        case .cutInHeader: return Array(picture.prefix(24))
        case .cutInPixels: return Array(picture.prefix(pixels))
        case .cutAtEnd: return Array(picture.dropLast(count / 8))
        case .emptyAfterMagic: return magic
        case .svgAfterMagic: return magic + Array("<svg xmlns='http://www.w3.org/2000/svg'/>".utf8)
        case .pdfAfterMagic: return magic + Array("%PDF-1.7\n1 0 obj\n<</Type/Catalog>>".utf8)
        case .htmlAfterMagic: return magic + Array("<!doctype html><html><body>503".utf8)
        case .zeroedPixels: return picture[..<pixels] + [UInt8](repeating: 0, count: count - pixels)
        case .noiseInPixels:
            return picture[..<pixels] + (pixels..<count).map { UInt8(truncatingIfNeeded: $0 * 89) }
        case .noiseInHeader:
            return magic + (0..<count).map { UInt8(truncatingIfNeeded: $0 * 151) }
        case .doubledHeader: return Array(picture.prefix(pixels / 2)) + picture
        case .noSides: return Bomb.of(picture, sample, side: 0)
        case .wideSides: return Bomb.of(picture, sample, side: 40_000)
        case .manyPixels: return Bomb.of(picture, sample, side: 16_000)
        case .fewerPixels: return Bomb.of(picture, sample, side: max(1, header.width / 4))
        case .morePixels: return Bomb.of(picture, sample, side: header.width * 4)
        }
    }

    /// Whether an outcome is right: the error, or nil if the picture was converted.
    func allows(_ error: PictureError?, of format: PictureFormat) -> Bool {
        switch (self, error) {
        case (.wideSides, .tooLarge(.side, is: 40_000, most: 16_384)): true
        case (.manyPixels, .tooLarge(.pixels, is: 256_000_000, most: 100_000_000)): true
        case (.wideSides, _), (.manyPixels, _): false
        case (_, .broken(format)), (_, .unsupported(format, _)): true
        // Of HEIF, the magic is its file type box.
        case (.emptyAfterMagic, .notAPicture(.unknown)), (.cutInHeader, .notAPicture(.unknown)):
            true
        // Decoders read over some faults, or have all pixels before them.
        case (.zeroedPixels, nil), (.noiseInPixels, nil), (.fewerPixels, nil),
            (.doubledHeader, nil):
            true
        // Their decoders leave missing pixels as they are.
        case (.morePixels, nil): format == .jpeg || format == .gif
        default: false
        }
    }
}

extension Sample {
    /// The number of bytes by which the format is recognised.
    fileprivate var magic: Int {
        switch format {
        case .jpeg: 3
        case .png: 8
        case .gif: 6
        case .webp: 12
        case .avif, .heic: 32
        }
    }
}
