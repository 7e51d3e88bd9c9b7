/// Quotes parts of a file in errors: short, printable and without secrets.
package enum Quote {
    /// The longest text that is quoted, in characters.
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
        return name.count == text.count ? value(text) : "'\(name.prefix(longest))…'"
    }

    private static func printable(_ text: String) -> String {
        let scalars = text.unicodeScalars.prefix(longest).map { scalar in
            scalar.properties.generalCategory == .control ? "\u{FFFD}" : String(scalar)
        }
        return scalars.joined() + (text.unicodeScalars.count > longest ? "…" : "")
    }

    private static func withoutUser(_ text: String) -> String {
        guard let at = text.lastIndex(of: "@") else { return text }
        // `//` ends the scheme of a URL. Without a scheme, all text before the @ may be secret.
        let head = text[..<at]
        let slashes = head.indices.first { head[$0...].hasPrefix("//") }
        let scheme = slashes.map { head[..<head.index($0, offsetBy: 2)] } ?? ""
        return scheme + "***" + text[at...]
    }
}
