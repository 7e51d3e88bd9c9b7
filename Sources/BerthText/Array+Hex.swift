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
