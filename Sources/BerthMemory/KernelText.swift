/// A small text of the kernel's, read line by line; what is malformed is not there.
struct KernelText {
    private let text: String

    /// Takes a file's text.
    init(_ text: String) { self.text = text }

    /// The number behind a name, in its own line: `Rss:   12 kB`, `oom_kill 3`.
    ///
    /// - Returns: nil where no line begins with exactly `name`, or no number of 63 bits follows.
    func number(_ name: String) -> Int? {
        for line in text.split(separator: "\n") {
            let words = line.split(maxSplits: 2) { $0 == " " || $0 == "\t" }
            guard words.count > 1, words[0] == name else { continue }
            return KernelText.number(words[1])
        }
        return nil
    }

    /// As ``number(_:)``, of a line in kB.
    func kibibytes(_ name: String) -> ByteCount? {
        // A pebibyte of kB is what no machine has, and what could overflow.
        number(name).flatMap { $0 < 1 << 40 ? .kibibytes($0) : nil }
    }

    /// The figures of a line as `some avg10=0.12 avg60=0.00 avg300=0.00 total=1234`.
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

    /// A whole file that is one number, 0 or more; a number over 63 bits counts as the largest.
    static func number(_ text: some StringProtocol) -> Int? {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        guard !digits.isEmpty, text.dropFirst(digits.count).allSatisfy(\.isWhitespace) else {
            return nil
        }
        return Int(digits) ?? .max
    }

    /// A cgroup's limit: v2 says `max` for none, v1 a number near 2^63; a pebibyte and more is none.
    static func limit(_ text: String) -> ByteCount? {
        number(text).flatMap { (1..<(1 << 50)).contains($0) ? ByteCount($0) : nil }
    }
}
