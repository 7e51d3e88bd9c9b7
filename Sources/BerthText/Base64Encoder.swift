/// An encoder of base64 with padding, for bytes that come in pieces (RFC 4648, section 4).
package struct Base64Encoder {
    /// The bytes that do not make up a group of three yet.
    private var left: [UInt8] = []

    static let digits = Array(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8
    )

    /// Makes an encoder without bytes.
    package init() {}

    /// Returns the text of the bytes so far that make up groups of three, without what was returned.
    package mutating func feed(_ bytes: [UInt8]) -> [UInt8] {
        let all = left + bytes
        let whole = all.count / 3 * 3
        left = Array(all[whole...])
        return Base64Encoder.text(of: all[..<whole])
    }

    /// Returns the rest of the text, with its padding.
    package mutating func finish() -> [UInt8] {
        defer { left = [] }
        return Base64Encoder.text(of: left[...])
    }

    /// Returns the number of characters of `bytes` bytes.
    package static func length(of bytes: Int) -> Int { (bytes + 2) / 3 * 4 }

    private static func text(of bytes: ArraySlice<UInt8>) -> [UInt8] {
        var out: [UInt8] = []
        out.reserveCapacity(length(of: bytes.count))
        var index = bytes.startIndex
        while index < bytes.endIndex {
            let group = bytes[index..<min(index + 3, bytes.endIndex)]
            var bits: UInt32 = 0
            for place in 0..<3 {
                bits = bits << 8
                if place < group.count { bits |= UInt32(group[group.startIndex + place]) }
            }
            for place in 0..<4 {
                let value = Int(bits >> (18 - 6 * UInt32(place)) & 63)
                out.append(place <= group.count ? digits[value] : UInt8(ascii: "="))
            }
            index += 3
        }
        return out
    }
}
