import FoundationEssentials

/// JSON of Berth's own types.
///
/// JSON that is only passed on uses ``JSONObject``.
package enum JSON {
    /// Encodes `value` with sorted keys, so equal values give equal bytes.
    ///
    /// - Throws: `EncodingError` for a number that JSON cannot express.
    package static func encode(_ value: some Encodable) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return try [UInt8](encoder.encode(value))
    }

    /// Decodes `bytes` as `Value`.
    ///
    /// - Throws: `DecodingError` for malformed JSON, a missing member or a wrong type.
    package static func decode<Value: Decodable>(
        _ type: Value.Type,
        from bytes: some Sequence<UInt8>
    ) throws -> Value {
        try JSONDecoder().decode(type, from: Data(bytes))
    }

    /// `text` as a JSON string with its quotes.
    package static func quote(_ text: String) -> [UInt8] {
        var out: [UInt8] = []
        out.reserveCapacity(text.utf8.count + 2)
        quote(text, onto: &out)
        return out
    }

    /// Appends `text` as a JSON string with its quotes.
    package static func quote(_ text: String, onto out: inout [UInt8]) {
        var text = text
        text.withUTF8 { bytes in
            out.append(UInt8(ascii: "\""))
            var start = 0
            // Most text needs no escape, so that runs of it are copied whole.
            for index in bytes.indices {
                let byte = unsafe bytes[index]
                if byte > 0x22, byte != UInt8(ascii: "\\"), byte != 0x7F { continue }
                guard byte < 0x20 || byte >= 0x22 else { continue }
                unsafe out += bytes[start..<index]
                escape(byte, to: &out)
                start = index + 1
            }
            unsafe out += bytes[start...]
            out.append(UInt8(ascii: "\""))
        }
    }

    private static func hexDigit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
    }

    /// Appends the escape of a quote, a backslash or a control character.
    private static func escape(_ byte: UInt8, to out: inout [UInt8]) {
        out.append(UInt8(ascii: "\\"))
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): out.append(byte)
        case UInt8(ascii: "\n"): out.append(UInt8(ascii: "n"))
        default:
            out += "u00".utf8
            out.append(hexDigit(byte >> 4))
            out.append(hexDigit(byte & 15))
        }
    }
}
