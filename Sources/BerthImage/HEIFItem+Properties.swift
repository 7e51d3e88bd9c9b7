extension HEIFItem {
    /// Takes over a property.
    mutating func apply(_ box: HEIFBox, in bytes: ByteReader) {
        let start = box.start
        switch box.type {
        case ByteReader.code("ispe"):
            // The numbers have 32 bits. A product of two sides fits after this limit.
            width = min(bytes.u32(start + 4) ?? 0, 1 << 24)
            height = min(bytes.u32(start + 8) ?? 0, 1 << 24)
        case ByteReader.code("irot"):
            let turns = (bytes.u8(start) ?? 0) & 3
            rotation = UInt8(turns)
            orientation = [1, 8, 3, 6][turns]
        case ByteReader.code("imir"): mirror = UInt8((bytes.u8(start) ?? 0) & 1)
        case ByteReader.code("pixi"): bitDepth = max(bitDepth, bytes.u8(start + 5) ?? 8)
        case ByteReader.code("colr"):
            hasProfile = bytes.has("prof", at: start) || bytes.has("rICC", at: start)
            if hasProfile || colours.isEmpty { colours = content(box, in: bytes) }
        case ByteReader.code("auxC"):
            isAlpha =
                bytes.has("urn:mpeg:mpegB:cicp:systems:auxiliary:alpha", at: start + 4)
                || bytes.has("urn:mpeg:hevc:2015:auxid:1", at: start + 4)
        case ByteReader.code("av1C"): apply(av1: box, in: bytes)
        case ByteReader.code("hvcC"): apply(hevc: box, in: bytes)
        default: break
        }
    }

    private mutating func apply(av1 box: HEIFBox, in bytes: ByteReader) {
        guard let flags = bytes.u8(box.start + 2), box.start + 4 <= box.end else { return }
        bitDepth = max(bitDepth, flags & 0x40 == 0 ? 8 : flags & 0x20 == 0 ? 10 : 12)
        samples = flags & 0x10 != 0 ? 1 : flags & 8 == 0 ? 3 : flags & 4 == 0 ? 2 : 1.5
        configuration = content(box, in: bytes)
    }

    private mutating func apply(hevc box: HEIFBox, in bytes: ByteReader) {
        let start = box.start
        guard let chroma = bytes.u8(start + 16), let depth = bytes.u8(start + 17),
            let length = bytes.u8(start + 21), start + 23 <= box.end
        else { return }
        samples = [1, 1.5, 2, 3][chroma & 3]
        bitDepth = max(bitDepth, 8 + depth & 7)
        lengthSize = 1 + length & 3
        configuration = content(box, in: bytes)
    }

    private func content(_ box: HEIFBox, in bytes: ByteReader) -> [UInt8] {
        Array(bytes.bytes[box.start..<max(box.start, min(box.end, bytes.count))])
    }
}
