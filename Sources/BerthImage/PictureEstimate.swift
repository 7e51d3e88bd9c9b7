package import BerthMemory

/// The most memory that a conversion takes above the process's own, by the header alone.
///
/// The terms and factors were measured with libvips 8.14.1, and none of 348 runs took more
/// (docs/decisions, 30).
package struct PictureEstimate: Equatable, Sendable {
    private let header: PictureHeader
    private let target: PictureTarget
    /// The width and height in pixels of the result, before it is turned upright.
    private let width: Int, height: Int
    /// The factor by which sides become shorter, 1 or more.
    private let shrink: Double
    /// The encoded bytes that are held at once.
    private let encoded: Int

    /// Makes an estimate.
    ///
    /// - Parameters:
    ///   - header: the picture's facts.
    ///   - encoded: the size of the picture's file, or the most that it may be.
    ///   - target: the wanted result.
    package init(_ header: PictureHeader, encoded: ByteCount, into target: PictureTarget) {
        self.header = header
        self.target = target
        self.encoded = encoded.bytes
        shrink = max(1, Double(max(header.width, header.height)) / Double(target.side))
        width = max(1, Int(Double(header.width) / shrink))
        height = max(1, Int(Double(header.height) / shrink))
    }

    /// The memory to lease.
    package var lease: ByteCount {
        let own = 4 << 20 + header.size + 2 * PictureInput.piece
        let bytes = Double(own) + 1.05 * (rows + whole + output)
        return ByteCount(Int(min(bytes, 1e15)))
    }

    private var channels: Double { Double(max(header.channels, 3)) }

    private var pixels: Double { Double(header.decodedPixels) }

    /// The pixels of the result.
    private var made: Double { Double(width * height) }

    private var sampleBytes: Double { header.bitDepth > 8 ? 2 : 1 }

    /// The rows that a decoder and the shrinking hold.
    private var rows: Double {
        // Transparent pixels are shrunk as numbers of four bytes.
        let bytes = header.hasAlpha ? 4 : sampleBytes
        var read = Double(header.width)
        if header.format == .jpeg {
            // libjpeg shrinks while it decodes.
            read /= shrink >= 16 ? 8 : shrink >= 8 ? 4 : shrink >= 4 ? 2 : 1
        } else if header.format == .webp, header.coding == .lossy {
            read = Double(width)
        }
        return 300 * read * channels * bytes + 80 * Double(width) * channels
    }

    /// The picture itself, for formats whose decoder holds all of it.
    private var whole: Double {
        let file = Double(encoded)
        switch (header.format, header.coding) {
        case (.jpeg, .passes): return 1.01 * pixels * 2 * header.samples + ink
        case (.jpeg, _): return ink
        case (.png, .passes): return pixels * Double(header.channels) * sampleBytes + file
        case (.png, _): return 0
        case (.webp, .lossy): return file + 8 * made + (header.hasAlpha ? 1.1 * pixels : 0)
        case (.webp, _):
            return file + 8 * made + 4 * pixels + (header.frames == nil ? 8 * pixels : 0)
        case (.gif, _): return file + 4 * pixels
        case (.avif, _), (.heic, _):
            let samples = 0.9 + 4.2 * header.samples + (header.hasAlpha ? 1.5 : 0)
            return 2 * file + pixels * sampleBytes * samples
        }
    }

    /// The tables that convert four inks to colours.
    private var ink: Double { header.channels == 4 ? 9 * 1_048_576 + 640 * Double(width) : 0 }

    private var output: Double {
        let turned = header.orientation == 1 && header.format != .webp ? 0 : made * channels
        switch target.format {
        case .jpeg, .png, .gif: return turned
        case .webp: return turned + (6 + channels) * made
        case .avif, .heic: return turned + (22 + channels) * made
        }
    }
}
