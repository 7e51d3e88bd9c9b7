/// The header of a GIF, up to its first frame.
///
/// Source: <https://www.w3.org/Graphics/GIF/spec-gif89a.txt>.
enum GIFHeader {
    /// Reads the header, or returns nil if bytes are missing.
    ///
    /// - Throws: ``PictureError``.
    static func read(_ bytes: ByteReader) throws(PictureError) -> PictureHeader? {
        guard let width = bytes.little(6, 2), let height = bytes.little(8, 2),
            let flags = bytes.u8(10)
        else { return nil }
        var at = 13 + palette(flags)
        while let block = bytes.u8(at) {
            switch block {
            case 0x2C:
                guard let left = bytes.little(at + 1, 2), let top = bytes.little(at + 3, 2),
                    let across = bytes.little(at + 5, 2), let down = bytes.little(at + 7, 2)
                else { return nil }
                // The decoder's canvas grows to the frame.
                let (right, bottom) = (max(width, left + across), max(height, top + down))
                var header = PictureHeader(.gif, width: right, height: bottom)
                header.frames = nil
                header.channels = 4
                header.hasAlpha = true
                header.coding = .lossless
                return header
            case 0x21:
                at += 2
                while let size = bytes.u8(at), size > 0 { at += 1 + size }
                guard at < bytes.count else { return nil }
                at += 1
            default: throw .broken(.gif)
            }
        }
        return nil
    }

    /// The bytes of the palette that the flags of a screen or a frame announce.
    static func palette(_ flags: Int) -> Int { flags & 0x80 == 0 ? 0 : 3 << ((flags & 7) + 1) }
}
