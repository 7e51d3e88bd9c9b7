/// Repair of almost-JSON that some providers send.
enum JSONRepair {
    /// Returns the text as UTF-8, with NaN and Infinity outside of strings as null.
    ///
    /// Python's encoder writes these three by default, for example as a log probability.
    static func mended(_ bytes: [UInt8]) -> [UInt8] {
        let text = Array(String(decoding: bytes, as: UTF8.self).utf8)
        var out: [UInt8] = []
        out.reserveCapacity(text.count)
        var (index, isInString) = (0, false)
        while index < text.count {
            let byte = text[index]
            if isInString {
                if byte == UInt8(ascii: "\\"), index + 1 < text.count {
                    out.append(byte)
                    index += 1
                }
                if byte == UInt8(ascii: "\"") { isInString = false }
            } else if byte == UInt8(ascii: "\"") {
                isInString = true
            } else if mayBeginWord(byte),
                let word = words.first(where: { text[index...].starts(with: $0) })
            {
                out += "null".utf8
                index += word.count
                continue
            }
            out.append(text[index])
            index += 1
        }
        return out
    }

    private static let words = ["NaN", "Infinity", "-Infinity"].map { Array($0.utf8) }

    private static func mayBeginWord(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "N") || byte == UInt8(ascii: "I") || byte == UInt8(ascii: "-")
    }
}
