import BerthConfig
import BerthText

/// A provider's own words, as a tenant may read them.
enum ForeignWords {
    /// The most bytes that are kept.
    private static let most = 1000
    /// The most bytes that are read, which is more because a key is longer than its replacement.
    private static let mostRead = 4096

    /// The text in one line, without keys and without addresses, in at most 1,000 bytes.
    ///
    /// Some providers repeat the key in an error, or a part of it, so that every word that looks like
    /// the key of a known vendor is removed as well. A local server or a gateway names the addresses and
    /// files of the machine behind it, which are the operator's.
    static func harmless(_ text: String, hiding key: Secret?) -> String {
        var text = String(decoding: text.utf8.prefix(mostRead), as: UTF8.self)
        if let key { text = without(key.reveal(), text) }
        let words = text.unicodeScalars.split { $0.isSpace || isControl($0) }
        text = withoutAddresses(
            words.map { withoutKeys(Substring($0)) }.joined(separator: " ")
        )
        return text.shortened(toBytes: most)
    }

    private static func withoutAddresses(_ text: String) -> String {
        var (out, word) = ("", "")
        for scalar in text.unicodeScalars {
            guard isSeparator(scalar) else {
                word.unicodeScalars.append(scalar)
                continue
            }
            out += isAddress(word) ? "…" : word
            out.unicodeScalars.append(scalar)
            word = ""
        }
        return out + (isAddress(word) ? "…" : word)
    }

    private static func isSeparator(_ scalar: Unicode.Scalar) -> Bool {
        scalar.value <= 0x20 || "\"'`()<>{},;=|[]".unicodeScalars.contains(scalar)
    }

    /// Whether a word is a URL, an IP address, a host with a port, a name of an inner network or a
    /// path of several parts.
    private static func isAddress(_ word: String) -> Bool {
        var text = word.utf8[...]
        while let last = text.last, ".:!?".utf8.contains(last) { text.removeLast() }
        guard let first = text.first else { return false }
        if Array(word.utf8).offset(of: "://") != nil { return true }
        if first == UInt8(ascii: "/") { return text.dropFirst().contains(UInt8(ascii: "/")) }
        let host = text.prefix { $0 != UInt8(ascii: "/") }
        let colons = host.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        if colons.count > 2 {
            // A time of day has three parts. IPv6 has eight, or an empty one.
            guard colons.count > 5 || colons.contains(where: \.isEmpty) else { return false }
            return colons.allSatisfy { $0.count <= 4 && $0.allSatisfy(isHexDigit) }
        }
        guard let name = colons.first, let last = colons.last else { return false }
        let parts = name.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        let isIPv4 = parts.allSatisfy { (1...3).contains($0.count) && $0.allSatisfy(isDigit) }
        if parts.count == 4, isIPv4 { return true }
        if colons.count == 2 {
            let isPort = (2...5).contains(last.count) && last.allSatisfy(isDigit)
            return isPort && !name.allSatisfy(isDigit) && name.allSatisfy(isOfName)
        }
        return parts.count > 1
            && innerNames.contains { $0.utf8.elementsEqual(parts.last ?? host) }
    }

    /// The last labels of names that no public name server knows.
    private static let innerNames = [
        "local", "localhost", "internal", "lan", "home", "corp", "intranet", "svc", "localdomain",
    ]

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

    private static func isHexDigit(_ byte: UInt8) -> Bool {
        isDigit(byte) || (0x61...0x66).contains(byte | 0x20)
    }

    private static func isOfName(_ byte: UInt8) -> Bool {
        isDigit(byte) || (0x61...0x7A).contains(byte | 0x20) || "-.".utf8.contains(byte)
    }

    // MARK: Keys

    private static let prefixes = [
        "sk-", "sk_", "gsk_", "xai-", "AIza", "hf_", "pplx-", "tgp_", "fw_", "nvapi-", "key-",
    ]

    /// The fewest bytes of a key that is hidden.
    ///
    /// Servers of one's own are given words such as `none` or `ollama`, which an error may have too.
    private static let leastKey = 8
    /// The bytes from which a key is hidden within a longer word as well.
    ///
    /// A shorter one may be a word, such as `not-needed`.
    private static let certainKey = 16
    /// The bytes from which letters alone look like a key.
    private static let longWord = 20

    /// The text with each occurrence of the key replaced, which stands alone unless it is long.
    private static func without(_ key: String, _ text: String) -> String {
        let size = key.utf8.count
        guard size >= leastKey else { return text }
        // Characters are compared in their normal form, which takes milliseconds in odd texts.
        let bytes = Array(text.utf8)
        var (out, at) = ([UInt8](), 0)
        while let start = bytes.offset(of: key, from: at) {
            let end = start + size
            let isAlone =
                (start == 0 || !isOfKey(bytes[start - 1]))
                && (end == bytes.count || !isOfKey(bytes[end]))
            out += bytes[at..<start]
            out += isAlone || size >= certainKey ? Array("***".utf8)[...] : bytes[start..<end]
            at = end
        }
        return at == 0 ? text : String(decoding: out + bytes[at...], as: UTF8.self)
    }

    /// The word without what looks like the key of a known vendor.
    private static func withoutKeys(_ word: Substring) -> String {
        let bytes = Array(word.utf8)
        guard bytes.count >= leastKey else { return String(word) }
        var (out, at) = ([UInt8](), 0)
        while let start = nextPrefix(in: bytes, from: at) {
            let end = bytes[start...].firstIndex { !isOfKey($0) } ?? bytes.count
            out += bytes[at..<start]
            out += isKey(bytes[start..<end]) ? Array("***".utf8)[...] : bytes[start..<end]
            at = end
        }
        return at == 0 ? String(word) : String(decoding: out + bytes[at...], as: UTF8.self)
    }

    /// The offset of the next prefix of a key, which does not stand within a longer word.
    private static func nextPrefix(in bytes: [UInt8], from start: Int) -> Int? {
        bytes.indices[start...].first { at in
            guard at == 0 || !isOfKey(bytes[at - 1]) else { return false }
            return prefixes.contains { bytes[at...].starts(with: $0.utf8) }
        }
    }

    /// Whether a word with a vendor's prefix is a key, or one that the vendor has shortened.
    ///
    /// Words such as `key-value` have neither a digit nor an asterisk, and are not long.
    private static func isKey(_ word: ArraySlice<UInt8>) -> Bool {
        guard word.count >= leastKey else { return false }
        if word.contains(where: { isDigit($0) || $0 == UInt8(ascii: "*") }) { return true }
        let letters = word.split { !(0x61...0x7A).contains($0 | 0x20) }
        return letters.contains { $0.count >= longWord }
    }

    private static func isOfKey(_ byte: UInt8) -> Bool {
        isDigit(byte) || (0x61...0x7A).contains(byte | 0x20) || "-_*".utf8.contains(byte)
    }

    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value)
    }
}
