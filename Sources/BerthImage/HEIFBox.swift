/// A box of a HEIF file: its type and the place of its content.
///
/// Source: ISO 14496-12, section 4.2.
struct HEIFBox {
    let type: Int
    let start: Int, end: Int

    /// The boxes in a part of a file, or nil if one does not fit.
    ///
    /// A file has few boxes, and each one takes 8 bytes, so the file's size bounds them.
    static func all(_ bytes: ByteReader, from start: Int, to end: Int) -> [HEIFBox]? {
        var boxes: [HEIFBox] = []
        var at = start
        while at < end {
            guard let box = HEIFBox(bytes, at: at), box.end <= end else { return nil }
            boxes.append(box)
            at = box.end
        }
        return boxes
    }

    /// Reads the header of the box at `at`.
    ///
    /// - Returns: nil if bytes are missing, or the box is shorter than its header.
    init?(_ bytes: ByteReader, at place: Int) {
        guard let size = bytes.u32(place), let type = bytes.code(place + 4) else { return nil }
        self.type = type
        if size == 1 {
            guard let large = bytes.u64(place + 8), large >= 16 else { return nil }
            (start, end) = (place + 16, place + large)
        } else {
            guard size >= 8 else { return nil }
            (start, end) = (place + 8, place + size)
        }
    }

    /// The content's version, of a box that has one.
    func version(_ bytes: ByteReader) -> Int { bytes.u8(start) ?? 0 }
}
