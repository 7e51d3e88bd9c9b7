import BerthText

/// A value as `config show` prints it.
struct ShownValue: Equatable, Sendable {
    let yaml: String
    let json: String

    /// A number, which is the same in both.
    static func number(_ text: String) -> ShownValue { ShownValue(yaml: text, json: text) }

    /// Text.
    ///
    /// YAML puts it in quotes if a reader could take it for another type.
    static func text(_ text: String) -> ShownValue {
        let json = VisibleQuote.quoted(text)
        return ShownValue(
            yaml: isPlain(text) ? text : VisibleQuote.quoted(escaped(text)),
            json: json
        )
    }

    /// A secret, which is printed as `***`.
    static let secret = ShownValue(yaml: "\"***\"", json: "\"***\"")

    /// Escapes a `${` of the value's own, which would otherwise read as a variable.
    private static func escaped(_ text: String) -> String {
        text.split(separator: "${", omittingEmptySubsequences: false).joined(separator: "$${")
    }

    private static func isPlain(_ text: String) -> Bool {
        let words = ["null", "true", "false", "yes", "no", "on", "off", "y", "n"]
        // Text with two dots is not a number, even if it begins with a digit.
        let isAddress = text.count { $0 == "." } > 1
        guard let first = text.first, first.isLetter || "./".contains(first) || isAddress,
            text.last != ":", !words.contains(text.lowercased()), !"-+:".contains(first)
        else { return false }
        return text.allSatisfy {
            $0.isASCII && ($0.isLetter || $0.isNumber || "./:_+-".contains($0))
        }
    }
}
