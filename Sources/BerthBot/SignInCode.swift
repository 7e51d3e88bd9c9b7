import BerthLoop
import BerthText

/// A short token of a login link, which a person can type on another device.
///
/// It has 50 random bits, which nobody guesses within its two minutes.
package enum SignInCode {
    /// Crockford's base 32, which has no letters that look like digits.
    private static let letters = Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ".utf8)
    private static let length = 10

    /// A new code, of ten letters and digits.
    @Loop static func make(from entropy: Entropy) -> String {
        let bytes = entropy.secret(length)
        return String(decoding: bytes.map { letters[Int($0 % 32)] }, as: UTF8.self)
    }

    /// A code as it is shown, in two groups: `7K2MP-X4QRD`.
    static func shown(_ code: String) -> String {
        let half = code.cut(toBytes: length / 2)
        return "\(half)-\(code.dropFirst(half.utf8.count))"
    }

    /// The code that a person has typed, in any case and with any marks and spaces between the
    /// letters, as a form sends it.
    ///
    /// - Returns: nil for a text that is no code, such as a longer token.
    package static func read(_ text: String) -> String? {
        guard text.utf8.count <= 3 * length else { return nil }
        var code: [UInt8] = []
        for byte in text.utf8 where !"-+ .".utf8.contains(byte) {
            let letter = byte >= UInt8(ascii: "a") && byte <= UInt8(ascii: "z") ? byte - 32 : byte
            switch letter {
            case UInt8(ascii: "O"): code.append(UInt8(ascii: "0"))
            case UInt8(ascii: "I"), UInt8(ascii: "L"): code.append(UInt8(ascii: "1"))
            case _ where letters.contains(letter): code.append(letter)
            default: return nil
            }
        }
        return code.count == length ? String(decoding: code, as: UTF8.self) : nil
    }
}
