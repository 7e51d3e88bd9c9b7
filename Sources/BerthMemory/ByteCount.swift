/// A number of bytes.
///
/// A size is 0 or more; a difference may be negative.
package struct ByteCount: Comparable, Hashable, Sendable {
    /// The number of bytes.
    package let bytes: Int

    /// Makes a count of `bytes`.
    package init(_ bytes: Int) { self.bytes = bytes }

    /// Zero bytes.
    package static let zero = ByteCount(0)

    /// `count` × 1,024 bytes.
    package static func kibibytes(_ count: Int) -> ByteCount { ByteCount(count << 10) }

    /// `count` × 1,048,576 bytes.
    package static func mebibytes(_ count: Int) -> ByteCount { ByteCount(count << 20) }

    package static func < (left: ByteCount, right: ByteCount) -> Bool { left.bytes < right.bytes }

    package static func + (left: ByteCount, right: ByteCount) -> ByteCount {
        ByteCount(left.bytes + right.bytes)
    }

    package static func - (left: ByteCount, right: ByteCount) -> ByteCount {
        ByteCount(left.bytes - right.bytes)
    }

    package static func += (left: inout ByteCount, right: ByteCount) {
        left = ByteCount(left.bytes + right.bytes)
    }

    package static func -= (left: inout ByteCount, right: ByteCount) {
        left = ByteCount(left.bytes - right.bytes)
    }
}

extension ByteCount: CustomStringConvertible {
    /// A text for people, such as `16 MiB`, `1.5 KiB` or `300 B`, with one decimal unless it is whole.
    package var description: String {
        let units = [(30, "GiB"), (20, "MiB"), (10, "KiB")]
        for (shift, unit) in units where bytes.magnitude >= 1 << shift {
            // The parts are multiplied one by one, because ten times the largest size overflows.
            let (whole, rest) = (bytes.magnitude >> shift, bytes.magnitude & ((1 << shift) - 1))
            let tenths = whole * 10 + (rest * 10 + (1 << (shift - 1))) >> shift
            let text = tenths % 10 == 0 ? "\(tenths / 10)" : "\(tenths / 10).\(tenths % 10)"
            return "\(bytes < 0 ? "-" : "")\(text) \(unit)"
        }
        return "\(bytes) B"
    }

    /// Reads `128MiB`, `64 KiB`, `1GiB`, `512B` or a bare number of bytes.
    ///
    /// - Returns: nil if `text` has another form, is negative, or does not fit 63 bits.
    package init?(_ text: some StringProtocol) {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        let unit = text.dropFirst(digits.count).drop { $0 == " " }
        let shifts = ["": 0, "B": 0, "KiB": 10, "MiB": 20, "GiB": 30, "TiB": 40]
        guard let number = Int(digits), let shift = shifts[String(unit)] else { return nil }
        let (product, overflow) = number.multipliedReportingOverflow(by: 1 << shift)
        guard !overflow else { return nil }
        bytes = product
    }
}
