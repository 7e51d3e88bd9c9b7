extension [UInt8] {
    /// Base64 with padding (RFC 4648, section 4), as ASCII.
    ///
    /// Pieces of a multiple of three bytes join to the text of the whole.
    package var base64: [UInt8] {
        let length = (count + 2) / 3 * 4
        return unsafe [UInt8](unsafeUninitializedCapacity: length) { out, filled in
            var position = 0
            for start in stride(from: 0, to: count, by: 3) {
                let left = count - start
                let bits =
                    Int(self[start]) << 16
                    | (left > 1 ? Int(self[start + 1]) << 8 : 0)
                    | (left > 2 ? Int(self[start + 2]) : 0)
                unsafe out[position] = standardDigits[bits >> 18]
                unsafe out[position + 1] = standardDigits[bits >> 12 & 63]
                unsafe out[position + 2] = left > 1 ? standardDigits[bits >> 6 & 63] : padding
                unsafe out[position + 3] = left > 2 ? standardDigits[bits & 63] : padding
                position += 4
            }
            filled = length
        }
    }
}

private let standardDigits = Array(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8
)
private let padding = UInt8(ascii: "=")
