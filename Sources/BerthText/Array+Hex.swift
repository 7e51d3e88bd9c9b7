extension [UInt8] {
    /// Lower-case hexadecimal with two digits for each byte.
    package var hex: String {
        map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    /// Base64url without padding (RFC 4648, section 5).
    package var base64url: String {
        let alphabet = Array(
            "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8
        )
        var out: [UInt8] = []
        var index = 0
        while index < count {
            let group = self[index..<Swift.min(index + 3, count)]
            let value = group.reduce(0) { $0 << 8 | Int($1) } << (8 * (3 - group.count))
            for position in 0...group.count {
                out.append(alphabet[value >> (18 - 6 * position) & 63])
            }
            index += 3
        }
        return String(decoding: out, as: UTF8.self)
    }
}
