import BerthText

/// Quotes parts of a file in errors: short, printable and without secrets.
package enum Quote {
    /// The longest text that is quoted, in bytes.
    static let longest = 60

    /// A value in quotes.
    ///
    /// A user and password before a host become `***`.
    package static func value(_ text: String) -> String { "'\(printable(withoutUser(text)))'" }

    /// A key in quotes, up to the first character that no key contains.
    ///
    /// In `api_key:sk-…`, which lacks a space, the rest is a secret.
    package static func key(_ text: String) -> String {
        let name = text.prefix { $0.isASCII && ($0.isLetter || $0.isNumber || "_-".contains($0)) }
        let isWhole = name.utf8.count == text.utf8.count
        return isWhole ? value(text) : "'\(name.cut(toBytes: longest))…'"
    }

    private static func printable(_ text: String) -> String {
        text.shortened(toBytes: longest).unicodeScalars.map { scalar in
            scalar.properties.generalCategory == .control ? "\u{FFFD}" : String(scalar)
        }
        .joined()
    }

    private static func withoutUser(_ text: String) -> String {
        guard let at = text.lastIndex(of: "@") else { return text }
        // `//` ends the scheme of a URL. Without a scheme, all text before the @ may be secret.
        let head = text[..<at]
        let scheme = head.firstRange(of: "//").map { head[..<$0.upperBound] } ?? ""
        return scheme + "***" + text[at...]
    }
}
