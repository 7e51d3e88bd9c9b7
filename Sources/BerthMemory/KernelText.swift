/// A small text of the kernel, read line by line.
///
/// A malformed value counts as absent.
struct KernelText {
    private let text: String

    /// Wraps a file's text.
    init(_ text: String) { self.text = text }

    /// The number after a name in a line such as `Rss:   12 kB` or `oom_kill 3`.
    ///
    /// - Returns: nil if no line begins with exactly `name`, or no number of 63 bits follows.
    func number(_ name: String) -> Int? {
        var left = text.utf8[...]
        while !left.isEmpty {
            let end = left.firstIndex(of: UInt8(ascii: "\n")) ?? left.endIndex
            let line = left[..<end]
            left = left[end...].dropFirst()
            guard line.starts(with: name.utf8) else { continue }
            let rest = line.dropFirst(name.utf8.count)
            let word = rest.drop { KernelText.isSpace($0) }.prefix { !KernelText.isSpace($0) }
            guard let first = rest.first, KernelText.isSpace(first), !word.isEmpty else { continue }
            return KernelText.number(Substring(word))
        }
        return nil
    }

    private static func isSpace(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t")
    }

    /// The size after a name in a line in kB, found as by ``number(_:)``.
    func kibibytes(_ name: String) -> ByteCount? {
        // No machine has 2^40 kB, and multiplying a larger number could overflow.
        number(name).flatMap { $0 < 1 << 40 ? .kibibytes($0) : nil }
    }

    /// The figures of a line such as `some avg10=0.12 avg60=0.00 avg300=0.00 total=1234`.
    func pressure(_ name: String) -> MemoryPressure.Stall? {
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ")
            guard words.first?.elementsEqual(name) == true else { continue }
            func value(_ key: String) -> Substring? {
                words.first { $0.hasPrefix(key) }?.dropFirst(key.count)
            }
            guard let avg10 = value("avg10=").flatMap({ Double($0) }),
                let avg60 = value("avg60=").flatMap({ Double($0) }),
                (0...100).contains(avg10), (0...100).contains(avg60),
                let total = value("total=").flatMap({ KernelText.number($0) })
            else { return nil }
            return .init(avg10: avg10, avg60: avg60, total: .microseconds(total))
        }
        return nil
    }

    /// The number that is the whole content of a file, 0 or more.
    ///
    /// A number over 63 bits counts as the largest.
    static func number(_ text: some StringProtocol) -> Int? {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        guard !digits.isEmpty, text.dropFirst(digits.count).allSatisfy(\.isWhitespace) else {
            return nil
        }
        return Int(digits) ?? .max
    }

    /// A cgroup's limit, or nil if there is none.
    ///
    /// Without a limit v2 has the word `max`, and v1 a number near 2^63. Therefore a pebibyte or
    /// more counts as no limit.
    static func limit(_ text: String) -> ByteCount? {
        number(text).flatMap { (1..<(1 << 50)).contains($0) ? ByteCount($0) : nil }
    }
}
