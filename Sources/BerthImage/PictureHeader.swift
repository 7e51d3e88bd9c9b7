/// The facts in a picture's header, which decide the memory and the time of its conversion.
package struct PictureHeader: Equatable, Sendable {
    /// The format by the content.
    package let format: PictureFormat
    /// The stored width and height in pixels, before ``orientation`` is applied.
    package let width: Int, height: Int
    /// The number of frames, or nil if the header does not state it.
    package internal(set) var frames: Int? = 1
    /// The bits of a sample.
    package internal(set) var bitDepth = 8
    /// The samples of a decoded pixel, with alpha: 1 to 4.
    package internal(set) var channels = 3
    /// Whether pixels may be transparent.
    package internal(set) var hasAlpha = false
    /// The orientation by EXIF or HEIF, 1 (upright) to 8.
    ///
    /// From 5 on width and height are exchanged.
    package internal(set) var orientation = 1
    /// Whether colours need a conversion to sRGB: by an ICC profile, or from CMYK.
    package internal(set) var hasProfile = false
    /// The order of the stored pixels.
    package internal(set) var coding = Coding.rows
    /// The stored samples of a pixel: 3, or fewer with subsampled colours, such as 1.5 for 4:2:0.
    package internal(set) var samples = 3.0
    /// The pixels that a decoder makes: those of a frame, or more if they overlap or are hidden.
    package internal(set) var decodedPixels: Int
    /// The parts of an AVIF or HEIC picture.
    var layout: HEIFLayout?
    /// The bytes of the header that were read for these facts.
    package internal(set) var size = 0

    /// The order in which pixels are stored.
    package enum Coding: Sendable {
        /// From top to bottom, so a decoder needs some rows only.
        case rows
        /// In several passes, so a decoder holds the whole picture.
        case passes
        /// With prediction between all parts, so a decoder holds the whole picture.
        case lossy
        /// As ``lossy``, without a loss.
        case lossless
    }

    /// Makes a header of the required facts.
    init(_ format: PictureFormat, width: Int, height: Int) {
        self.format = format
        self.width = width
        self.height = height
        decodedPixels = width * height
    }

    /// The number of pixels of a frame.
    package var pixels: Int { width * height }

    /// Whether width and height are exchanged when the picture is shown.
    package var isOnItsSide: Bool { orientation >= 5 }

    /// Reads the header in the first `bytes` of a picture.
    ///
    /// - Returns: nil if there are too few bytes and more may follow.
    /// - Throws: ``PictureError`` if the bytes are no picture that Berth reads.
    package static func read(
        _ bytes: [UInt8],
        isWhole: Bool
    ) throws(PictureError) -> PictureHeader? {
        let reader = ByteReader(bytes)
        guard let format = try PictureFormat.of(reader, isWhole: isWhole) else { return nil }
        let header =
            switch format {
            case .jpeg: try JPEGHeader.read(reader)
            case .png: try PNGHeader.read(reader)
            case .webp: try WebPHeader.read(reader)
            case .gif: try GIFHeader.read(reader)
            case .avif, .heic: try HEIFHeader.read(reader, as: format)
            }
        guard var header else {
            if isWhole { throw .broken(format) }
            guard bytes.count < mostBytes else { throw .unsupported(format, .longHeader) }
            return nil
        }
        guard header.width > 0, header.height > 0 else { throw .broken(format) }
        header.size = bytes.count
        return header
    }

    /// The most bytes in which the facts are looked for.
    static let mostBytes = 1 << 20
}
