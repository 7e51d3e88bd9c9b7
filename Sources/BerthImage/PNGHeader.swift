import CZlib

/// The header of a PNG: its chunks up to the first one of pixels.
///
/// Source: <https://www.w3.org/TR/png-3/>, sections 5 and 11.
enum PNGHeader {
    /// Reads the header, or returns nil if bytes are missing.
    ///
    /// - Throws: ``PictureError``.
    static func read(_ bytes: ByteReader) throws(PictureError) -> PictureHeader? {
        guard bytes.count >= 33 else { return nil }
        guard bytes.has("IHDR", at: 12), bytes.u32(8) == 13 else { throw .broken(.png) }
        var header = try imageHeader(bytes)
        var at = 33
        while let length = bytes.u32(at), let type = bytes.code(at + 4) {
            let content = at + 8
            switch type {
            case idat: return header
            case trns:
                header.hasAlpha = true
                if header.channels == 1 || header.channels == 3 { header.channels += 1 }
            case actl: header.frames = bytes.u32(content)
            case exif where content + length <= bytes.count:
                header.orientation = EXIF.orientation(bytes, at: content)
            case iccp where content + length <= bytes.count:
                header.hasProfile = hasProfile(bytes, at: content, length)
            case iend: throw .broken(.png)
            default: break
            }
            guard length <= Int(Int32.max) else { throw .broken(.png) }
            at += 12 + length
        }
        return nil
    }

    static let idat = ByteReader.code("IDAT"), iend = ByteReader.code("IEND")
    static let trns = ByteReader.code("tRNS"), actl = ByteReader.code("acTL")
    static let exif = ByteReader.code("eXIf"), iccp = ByteReader.code("iCCP")

    private static func imageHeader(_ bytes: ByteReader) throws(PictureError) -> PictureHeader {
        guard let width = bytes.u32(16), let height = bytes.u32(20), let depth = bytes.u8(24),
            let kind = bytes.u8(25), let interlace = bytes.u8(28),
            width <= Int(Int32.max), height <= Int(Int32.max),
            let (channels, depths) = kinds[kind], depths.contains(depth), interlace < 2
        else { throw .broken(.png) }
        var header = PictureHeader(.png, width: width, height: height)
        header.bitDepth = depth
        header.channels = channels
        header.hasAlpha = kind & 4 != 0
        header.coding = interlace == 1 ? .passes : .rows
        return header
    }

    /// The decoded channels and the allowed depths of each colour type.
    private static let kinds: [Int: (Int, [Int])] = [
        0: (1, [1, 2, 4, 8, 16]), 2: (3, [8, 16]), 3: (3, [1, 2, 4, 8]), 4: (2, [8, 16]),
        6: (4, [8, 16]),
    ]

    /// The most bytes of an ICC profile that is used.
    static let mostProfile = 1 << 20
    /// The most bytes of its compressed form.
    static let mostPackedProfile = 64 << 10

    /// Whether a profile is small enough, by the size that its own first bytes state.
    ///
    /// libpng allocates that size. A chunk of 64 KiB can hold 64 MiB.
    private static func hasProfile(_ bytes: ByteReader, at start: Int, _ length: Int) -> Bool {
        guard length <= mostPackedProfile else { return false }
        let data = bytes.bytes[start..<start + length]
        guard let name = data.prefix(80).firstIndex(of: 0) else { return false }
        let packed = Array(data.dropFirst(name - start + 2))
        guard let stream = unsafe berth_inflate_make(15) else { return false }
        defer { unsafe berth_inflate_free(stream) }
        var (first, taken, isDone) = ([UInt8](repeating: 0, count: 4), 0, Int32(0))
        let count = unsafe berth_inflate(
            stream,
            packed,
            packed.count,
            &taken,
            &first,
            first.count,
            &isDone
        )
        guard count == first.count, let size = ByteReader(first).u32(0) else { return false }
        return size <= mostProfile
    }
}
