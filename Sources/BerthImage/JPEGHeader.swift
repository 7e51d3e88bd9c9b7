/// The header of a JPEG: its segments up to the first scan.
///
/// Source: <https://www.w3.org/Graphics/JPEG/itu-t81.pdf>, annex B.
enum JPEGHeader {
    /// Reads the header, or returns nil if bytes are missing.
    ///
    /// - Throws: ``PictureError``.
    static func read(_ bytes: ByteReader) throws(PictureError) -> PictureHeader? {
        var (header, components): (PictureHeader?, Int) = (nil, 0)
        var (orientation, hasProfile): (Int?, Bool) = (nil, false)
        var at = 2
        while let byte = bytes.u8(at) {
            guard byte == 0xFF else { throw .broken(.jpeg) }
            guard let marker = bytes.u8(at + 1) else { return nil }
            if marker == 0xFF {  // a fill byte
                at += 1
                continue
            }
            if isAlone(marker) {
                at += 2
                continue
            }
            guard let length = bytes.u16(at + 2) else { return nil }
            guard length >= 2, marker != 0xD9 else { throw .broken(.jpeg) }
            guard at + 2 + length <= bytes.count else { return nil }
            let content = at + 4
            switch marker {
            case 0xE1 where orientation == nil && bytes.has("Exif\0\0", at: content):
                orientation = EXIF.orientation(bytes, at: content + 6)
            case 0xE2 where bytes.has("ICC_PROFILE\0", at: content): hasProfile = true
            case 0xC4, 0xC8, 0xCC: break
            case 0xC0...0xCF:
                guard header == nil else { throw .broken(.jpeg) }
                header = try frame(bytes, marker: marker, at: content)
                components = bytes.u8(content + 5) ?? 0
            case 0xDA:
                guard var header else { throw .broken(.jpeg) }
                header.orientation = orientation ?? 1
                header.hasProfile = hasProfile || components == 4
                // A scan without all components makes the decoder keep the whole picture.
                if let inScan = bytes.u8(content), inScan < components { header.coding = .passes }
                return header
            default: break
            }
            at += 2 + length
        }
        return nil
    }

    /// Whether a marker has no segment.
    static func isAlone(_ marker: Int) -> Bool { marker == 0x01 || (0xD0...0xD8).contains(marker) }

    /// Reads a frame header, whose marker says the kind of coding.
    private static func frame(
        _ bytes: ByteReader,
        marker: Int,
        at content: Int
    ) throws(PictureError) -> PictureHeader {
        guard let precision = bytes.u8(content), let height = bytes.u16(content + 1),
            let width = bytes.u16(content + 3), let count = bytes.u8(content + 5)
        else { throw .broken(.jpeg) }
        // libjpeg reads Huffman and arithmetic coding, sequential and progressive, of 8 bits.
        guard [0xC0, 0xC1, 0xC2, 0xC9, 0xCA].contains(marker), precision == 8, height > 0 else {
            throw .unsupported(.jpeg, .coding)
        }
        guard [1, 3, 4].contains(count) else { throw .broken(.jpeg) }
        var header = PictureHeader(.jpeg, width: width, height: height)
        header.channels = count
        header.coding = marker == 0xC2 || marker == 0xCA ? .passes : .rows
        var (area, widest, highest) = (0, 1, 1)
        for component in 0..<count {
            guard let factors = bytes.u8(content + 7 + 3 * component) else { throw .broken(.jpeg) }
            let (across, down) = (factors >> 4, factors & 15)
            guard (1...4).contains(across), (1...4).contains(down) else { throw .broken(.jpeg) }
            area += across * down
            (widest, highest) = (max(widest, across), max(highest, down))
        }
        header.samples = Double(area) / Double(widest * highest)
        return header
    }
}
