/// The header of a WebP: its first chunks.
///
/// Source: <https://www.rfc-editor.org/rfc/rfc9649>.
enum WebPHeader {
    /// Reads the header, or returns nil if bytes are missing.
    ///
    /// - Throws: ``PictureError``.
    static func read(_ bytes: ByteReader) throws(PictureError) -> PictureHeader? {
        guard bytes.count >= 30 else { return nil }
        if bytes.has("VP8 ", at: 12) { return try lossy(bytes, at: 20) }
        if bytes.has("VP8L", at: 12) { return try lossless(bytes, at: 20) }
        guard bytes.has("VP8X", at: 12), let flags = bytes.u8(20),
            let width = bytes.little(24, 3), let height = bytes.little(27, 3)
        else { throw .broken(.webp) }
        var header = PictureHeader(.webp, width: width + 1, height: height + 1)
        header.hasAlpha = flags & 0x10 != 0
        header.channels = header.hasAlpha ? 4 : 3
        header.hasProfile = flags & 0x20 != 0
        // Animations are composed on a canvas of all pixels.
        header.coding = .lossless
        if flags & 0x02 != 0 {
            header.frames = nil
            return header
        }
        var at = 30
        while let size = bytes.little(at + 4, 4) {
            if bytes.has("VP8 ", at: at) {
                header.coding = .lossy
                return header
            }
            if bytes.has("VP8L", at: at) { return header }
            at += 8 + size + size % 2
        }
        return nil
    }

    /// Reads the frame header of a lossy picture (RFC 6386, section 9.1).
    private static func lossy(_ bytes: ByteReader, at start: Int) throws(PictureError)
        -> PictureHeader
    {
        guard bytes.has([0x9D, 0x01, 0x2A], at: start + 3),
            let width = bytes.little(start + 6, 2), let height = bytes.little(start + 8, 2)
        else { throw .broken(.webp) }
        var header = PictureHeader(.webp, width: width & 0x3FFF, height: height & 0x3FFF)
        header.coding = .lossy
        return header
    }

    /// Reads the header of a lossless picture: 14 bits of width and height less 1, and alpha.
    private static func lossless(_ bytes: ByteReader, at start: Int) throws(PictureError)
        -> PictureHeader
    {
        guard bytes.u8(start) == 0x2F, let bits = bytes.little(start + 1, 4) else {
            throw .broken(.webp)
        }
        let (width, height) = (bits & 0x3FFF, bits >> 14 & 0x3FFF)
        var header = PictureHeader(.webp, width: width + 1, height: height + 1)
        header.hasAlpha = bits >> 28 & 1 == 1
        header.channels = header.hasAlpha ? 4 : 3
        header.coding = .lossless
        return header
    }
}
