extension [UInt8] {
    /// Lower-case hexadecimal with two digits for each byte.
    package var hex: String {
        map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    /// Base64url without padding (RFC 4648, section 5).
    package var base64url: String {
        let length = (4 * count + 2) / 3
        return unsafe String(unsafeUninitializedCapacity: length) { out in
            // The bits that were read and not written yet.
            var (bits, held, position) = (0, 0, 0)
            for byte in self {
                (bits, held) = ((bits << 8 | Int(byte)) & 0xFFFF, held + 8)
                while held >= 6 {
                    held -= 6
                    unsafe out[position] = base64Digits[bits >> held & 63]
                    position += 1
                }
            }
            if held > 0 { unsafe out[position] = base64Digits[bits << (6 - held) & 63] }
            return length
        }
    }
}

private let base64Digits = Array(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8
)

extension [UInt8] {
    /// Reads hexadecimal of two digits for each byte, in either case.
    ///
    /// Returns nil for any other text.
    package init?(hex text: String) {
        let digits = text.utf8.map { Character(Unicode.Scalar($0)).hexDigitValue }
        guard digits.count.isMultiple(of: 2) else { return nil }
        self = []
        for index in stride(from: 0, to: digits.count, by: 2) {
            guard let high = digits[index], let low = digits[index + 1] else { return nil }
            append(UInt8(high << 4 | low))
        }
    }
}
