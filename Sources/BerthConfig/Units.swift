package import BerthMemory

/// Sizes and times as a configuration file has them: one whole number and one unit.
package enum Units {
    /// The largest unit that keeps `size` whole: `128MiB`, `1536KiB`, `300B`.
    package static func text(_ size: ByteCount) -> String {
        let units = [(40, "TiB"), (30, "GiB"), (20, "MiB"), (10, "KiB")]
        for (shift, unit) in units where size.bytes >= 1 << shift && size.bytes % (1 << shift) == 0
        {
            return "\(size.bytes >> shift)\(unit)"
        }
        return "\(size.bytes)B"
    }

    /// The largest unit that keeps `time` whole: `30d`, `90s`; what is below a second is left out.
    package static func text(_ time: Duration) -> String {
        let seconds = time.components.seconds
        let unit = units.first { seconds >= $0.seconds && seconds % $0.seconds == 0 }
        guard let unit else { return "\(seconds)s" }
        return "\(seconds / unit.seconds)\(unit.name)"
    }

    /// Reads `45s`, `10m`, `1h` or `30d`.
    ///
    /// - Returns: nil when `text` is nothing of that or is longer than a hundred years.
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
