/// A decoder of base64 that arrives in pieces (RFC 4648, section 4).
///
/// The two digits of base64url are read too. White space is skipped, and missing padding at the end
/// is accepted.
package struct Base64Decoder {
    /// Why text is not base64.
    package struct Malformed: Error, Equatable {
        /// Makes the error.
        package init() {}
    }

    private var bits: UInt32 = 0
    private var digits = 0
    private var padding = 0

    /// Makes a decoder without text.
    package init() {}

    /// Decodes the next piece of the text, and appends the bytes to `out`.
    ///
    /// - Throws: ``Malformed`` for a byte that is no digit, or a digit after the padding.
    package mutating func feed(
        _ text: some Sequence<UInt8>,
        onto out: inout [UInt8]
    ) throws(Malformed) {
        for byte in text {
            let value = Base64Decoder.values[Int(byte)]
            switch value {
            case Base64Decoder.space: continue
            case Base64Decoder.pad:
                padding += 1
                guard padding <= 2, digits >= 2 else { throw Malformed() }
            case Base64Decoder.other: throw Malformed()
            default:
                guard padding == 0 else { throw Malformed() }
                bits = bits << 6 | UInt32(value)
                digits += 1
                guard digits == 4 else { continue }
                out.append(UInt8(truncatingIfNeeded: bits >> 16))
                out.append(UInt8(truncatingIfNeeded: bits >> 8))
                out.append(UInt8(truncatingIfNeeded: bits))
                (bits, digits) = (0, 0)
            }
        }
    }

    /// Ends the text, and appends its last bytes to `out`.
    ///
    /// - Throws: ``Malformed`` if a lone digit is left or the padding has the wrong length.
    package mutating func finish(onto out: inout [UInt8]) throws(Malformed) {
        guard digits != 1, padding == 0 || digits + padding == 4 else { throw Malformed() }
        if digits >= 2 { out.append(UInt8(truncatingIfNeeded: bits >> (digits == 2 ? 4 : 10))) }
        if digits == 3 { out.append(UInt8(truncatingIfNeeded: bits >> 2)) }
        self = Base64Decoder()
    }

    private static let other: UInt8 = 255
    private static let space: UInt8 = 254
    private static let pad: UInt8 = 253

    /// The value of each byte as a digit.
    private static let values: [UInt8] = {
        var values = [UInt8](repeating: other, count: 256)
        for (value, digit) in Base64Encoder.digits.enumerated() {
            values[Int(digit)] = UInt8(value)
        }
        values[Int(UInt8(ascii: "-"))] = 62
        values[Int(UInt8(ascii: "_"))] = 63
        values[Int(UInt8(ascii: "="))] = pad
        for byte in [0x20, 0x09, 0x0A, 0x0D] { values[byte] = space }
        return values
    }()
}
