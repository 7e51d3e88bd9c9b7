import BerthText
import BerthWork

/// The words of all phrases in one language.
///
/// In a text, `{name}` stands for a value, and `{name|file|files}` for the form that agrees with
/// the number of that name. The forms are in the order of ``Figures/form(of:)``.
package struct PhraseTable: Sendable {
    /// The language.
    package let language: Language
    /// The texts without values.
    package let plain: [PlainKey: String]
    /// The texts with values.
    let filled: [PhraseKey: String]
    /// The words of errors, of which English has none.
    ///
    /// There, an error has words of its own.
    let errors: [ErrorKey: String]
    /// The texts of the web pages.
    let pages: [PageKey: String]
    /// The rules for numbers.
    let figures: Figures

    /// All tables, the one in English first.
    package static let all = [english, russian, ukrainian, chinese]

    /// The table of a language, or that in English if there is none.
    package static func of(_ language: Language) -> PhraseTable {
        all.first { $0.language == language } ?? english
    }

    /// A text without values.
    package func text(_ key: PlainKey) -> String {
        plain[key] ?? PhraseTable.english.plain[key] ?? key.rawValue
    }

    /// A text of the web pages, with its values as names in braces.
    package func text(_ key: PageKey) -> String {
        pages[key] ?? PhraseTable.english.pages[key] ?? key.rawValue
    }

    /// A part of a page's text with `values` in the places of their names.
    package func fill(_ text: some StringProtocol, _ values: [String: String]) -> String {
        fill(String(text), values.mapValues { PhraseValue.text($0) })
    }

    /// A text with its values.
    func text(_ key: PhraseKey, _ values: [String: PhraseValue]) -> String {
        fill(filled[key] ?? PhraseTable.english.filled[key] ?? key.rawValue, values)
    }

    /// An error in words.
    ///
    /// An error that only operators and programs can cause is told in English.
    func text(_ error: BotError) -> String {
        guard let words = error.words, let text = errors[words.key] else {
            return error.description
        }
        return fill(text, words.values)
    }

    // MARK: Values

    /// A text with its values in the places of their names.
    func fill(_ text: String, _ values: [String: PhraseValue]) -> String {
        var (filled, rest) = ("", text[...])
        while let start = rest.firstIndex(of: "{"), let end = rest[start...].firstIndex(of: "}") {
            filled += rest[..<start]
            filled += field(rest[start...end].dropFirst().dropLast(), values)
            rest = rest[end...].dropFirst()
        }
        return filled + rest
    }

    private func field(_ field: Substring, _ values: [String: PhraseValue]) -> String {
        let parts = field.split(separator: "|", omittingEmptySubsequences: false)
        guard let name = parts.first, let value = values[String(name)] else { return "{\(field)}" }
        let forms = parts.dropFirst()
        guard case .count(let count) = value, let last = forms.last else { return text(value) }
        let form = forms.startIndex + figures.form(of: count)
        return String(form < forms.endIndex ? forms[form] : last)
    }

    private func text(_ value: PhraseValue) -> String {
        switch value {
        case .text(let text): text
        case .count(let count): figures.text(count)
        case .size(let size): figures.text(size)
        case .dollars(let micros): figures.text(dollars: micros)
        case .date(let date): figures.text(date)
        case .wait(let wait): figures.text(wait)
        case .error(let error): text(error)
        case .words(let words): errors[words.key].map { fill($0, words.values) } ?? ""
        }
    }
}
