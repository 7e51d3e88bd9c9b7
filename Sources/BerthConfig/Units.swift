package import BerthMemory

/// Sizes and times in the form of a configuration file: one whole number and one unit.
package enum Units {
    /// A size in the largest unit that keeps it whole, such as `128MiB`, `1536KiB` or `300B`.
    package static func text(_ size: ByteCount) -> String {
        let units = [(40, "TiB"), (30, "GiB"), (20, "MiB"), (10, "KiB")]
        for (shift, unit) in units where size.bytes >= 1 << shift && size.bytes % (1 << shift) == 0
        {
            return "\(size.bytes >> shift)\(unit)"
        }
        return "\(size.bytes)B"
    }

    /// A time in the largest unit that keeps it whole, such as `30d` or `90s`.
    ///
    /// Fractions of a second are dropped.
    package static func text(_ time: Duration) -> String {
        let seconds = time.components.seconds
        let unit = units.first { seconds >= $0.seconds && seconds % $0.seconds == 0 }
        guard let unit else { return "\(seconds)s" }
        return "\(seconds / unit.seconds)\(unit.name)"
    }

    /// Reads `45s`, `10m`, `1h` or `30d`.
    ///
    /// - Returns: nil if `text` has another form or is longer than a hundred years.
    package static func duration(_ text: some StringProtocol) -> Duration? {
        guard let letter = text.last, let unit = units.first(where: { $0.name == letter }),
            text.dropLast().allSatisfy({ $0.isASCII && $0.isNumber }),
            let count = Int64(text.dropLast()), count <= 36_525 * 86_400 / unit.seconds
        else { return nil }
        return .seconds(count * unit.seconds)
    }

    private static let units: [(name: Character, seconds: Int64)] = [
        ("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1),
    ]
}
