/// The orientation in EXIF data (a TIFF structure), and the smallest EXIF data that holds one.
///
/// Pictures are decoded with the latter, so that no other program reads foreign EXIF data.
/// Source: <https://www.cipa.jp/std/documents/e/DC-008-2012_E.pdf>, sections 4.5 and 4.6.
enum EXIF {
    /// Reads the orientation of the TIFF structure at `start`.
    ///
    /// - Returns: 1 if there is none.
    static func orientation(_ bytes: ByteReader, at start: Int) -> Int {
        let isLittle = bytes.has("II*\0", at: start)
        guard isLittle || bytes.has("MM\0*", at: start) else { return 1 }
        func number(_ at: Int, _ size: Int) -> Int? {
            isLittle ? bytes.little(start + at, size) : bytes.number(start + at, size)
        }
        guard let folder = number(4, 4), let entries = number(folder, 2) else { return 1 }
        for entry in 0..<min(entries, 512) {
            let at = folder + 2 + 12 * entry
            guard let tag = number(at, 2) else { return 1 }
            guard tag == orientationTag else { continue }
            guard let value = number(at + 8, 2), (1...8).contains(value) else { return 1 }
            return value
        }
        return 1
    }

    private static let orientationTag = 0x0112

    /// A TIFF structure with nothing but an orientation.
    static func data(orientation: Int) -> [UInt8] {
        Array("MM\0*".utf8) + [0, 0, 0, 8, 0, 1, 1, 0x12, 0, 3, 0, 0, 0, 1]
            + [0, UInt8(clamping: orientation), 0, 0, 0, 0, 0, 0]
    }
}
