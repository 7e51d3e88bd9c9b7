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
        out.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): out += [UInt8(ascii: "\\"), byte]
            case UInt8(ascii: "\n"): out += [UInt8(ascii: "\\"), UInt8(ascii: "n")]
            case 0..<0x20, 0x7F:
                let hex = String(byte, radix: 16)
                out += Array("\\u00\(byte < 16 ? "0" : "")\(hex)".utf8)
            default: out.append(byte)
            }
        }
        out.append(UInt8(ascii: "\""))
        return out
    }
}
