import BerthText

/// An amount in millionths of a US dollar.
///
/// Prices and quotas are never negative.
package struct Money: Comparable, Hashable, Sendable, CustomStringConvertible {
    /// Millionths of a dollar.
    package let micros: Int64

    /// Makes an amount of `micros` millionths of a dollar.
    package init(micros: Int64) { self.micros = micros }

    /// Nothing.
    package static let zero = Money(micros: 0)

    /// Reads a decimal such as `5`, `0.40` or `0.000003`, digit by digit, without floating point.
    ///
    /// - Returns: nil if `text` is anything else, has a digit below a millionth, or is a billion
    ///   dollars or more.
    package init?(_ text: some StringProtocol) {
        let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        guard let whole = Self.number(parts[0], digits: 9) else { return nil }
        guard parts.count == 2 else {
            self.init(micros: whole * 1_000_000)
            return
        }
        let below = parts[1].dropFirst(6)
        let digits = parts[1].cut(toBytes: 6)
        let padded = digits + String(repeating: "0", count: 6 - digits.utf8.count)
        guard !parts[1].isEmpty, below.allSatisfy({ $0 == "0" }),
            let millionths = Self.number(padded, digits: 6)
        else { return nil }
        self.init(micros: whole * 1_000_000 + millionths)
    }

    private static func number(_ text: some StringProtocol, digits: Int) -> Int64? {
        guard text.utf8.count <= digits, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
            return nil
        }
        return Int64(text)
    }

    /// A decimal with two or more places, such as `5.00` or `0.003`.
    package var description: String {
        let (whole, rest) = micros.magnitude.quotientAndRemainder(dividingBy: 1_000_000)
        var digits = String("\(1_000_000 + rest)".dropFirst())
        while digits.count > 2, digits.last == "0" { digits.removeLast() }
        return "\(micros < 0 ? "-" : "")\(whole).\(digits)"
    }

    package static func < (left: Money, right: Money) -> Bool { left.micros < right.micros }
}
