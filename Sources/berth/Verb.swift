import BerthConfig
import BerthText

/// A verb of the command line.
///
/// Parsing, help and suggestions all read the table of verbs.
struct Verb: Sendable {
    /// An option of a verb.
    struct Option: Sendable {
        /// The name with its dashes.
        let name: String
        /// The placeholder of its value in help; nil for a flag.
        let value: String?
        /// The effect, for help.
        let summary: String
    }

    /// The words of the verb, one or two, such as `tenant add`.
    let words: [String]
    /// The operands, such as `NAME [OTHER] KEY=VALUE...`: one required, one optional, one or more.
    var operands = ""
    /// The verb's own options.
    ///
    /// See ``allOptions``.
    var options: [Option] = []
    /// Whether it takes `--json`.
    var reads = true
    /// A summary in one line of help.
    let summary: String
    /// Further help.
    var details = ""
    /// A complete command line as an example.
    let example: String
    /// Makes the command from the arguments.
    let build: @Sendable (Given) throws(UsageError) -> Command

    /// The verb as it is typed.
    var name: String { words.joined(separator: " ") }

    /// The verb's own options and those of every verb.
    var allOptions: [Option] { options + (reads ? [Self.json] : []) + [Self.config, Self.help] }

    /// The form of the verb's command line.
    var usage: String {
        let own = options.map { "[\($0.name)\($0.value.map { " \($0)" } ?? "")]" }
        return (["berth", name, operands] + own + (reads ? ["[--json]"] : []))
            .filter { !$0.isEmpty }.joined(separator: " ")
    }

    private static let json = Option(name: "--json", value: nil, summary: "print JSON for scripts")
    private static let config = Option(
        name: "--config",
        value: "FILE",
        summary: "read this configuration (default: config/berth.yaml if it exists)"
    )
    private static let help = Option(name: "--help", value: nil, summary: "explain the verb")
}

extension Verb {
    /// Planned verbs that this build lacks.
    ///
    /// A change that adds one moves it to ``all``.
    static let later = [
        "admin", "backup", "restore",
    ]

    /// The first words of all verbs, in the table's order.
    static let firstWords = all.reduce(into: [String]()) { words, verb in
        if words.last != verb.words[0] { words.append(verb.words[0]) }
    }

    /// The verb that `words` begin with.
    ///
    /// - Returns: nil if help for a group is requested, as in `tenant --help`.
    /// - Throws: ``UsageError`` if there is no such verb.
    static func find(_ words: ArraySlice<String>) throws(UsageError) -> Verb? {
        let first = words.first ?? ""
        let second = words.dropFirst().first
        let group = try self.group(first)
        let bare = group.first { $0.words.count == 1 }
        if group.count == 1, let bare { return bare }
        if let verb = group.first(where: { $0.words.dropFirst().last == second }) { return verb }
        if let second, Arguments.isHelp(second) { return nil }
        let actions = group.compactMap { $0.words.dropFirst().last }
        guard let second, !second.hasPrefix("-") else {
            if let bare { return bare }
            let list = actions.joined(separator: ", ")
            throw UsageError(text: "'\(first)' needs an action, one of: \(list)", help: [first])
        }
        let advice = Nearest.advice(for: second, in: actions)
        throw UsageError(text: "unknown '\(first) \(clean(second))': \(advice)", help: [first])
    }

    /// Checks that `words` name a verb or a group, for help about it.
    ///
    /// No words stand for the overview.
    static func topic(_ words: [String]) throws(UsageError) -> [String] {
        let words = words.filter { !$0.hasPrefix("-") }
        guard let first = words.first else { return [] }
        let group = try self.group(first)
        guard words.count > 1, group.contains(where: { $0.words.count > 1 }) else {
            return [first]
        }
        return try find(words[...])?.words ?? [first]
    }

    /// The verbs whose first word is `first`.
    static func group(_ first: String) throws(UsageError) -> [Verb] {
        let group = all.filter { $0.words[0] == first }
        guard group.isEmpty else { return group }
        if later.contains(first) { throw UsageError(text: "'\(first)' is not in this build yet") }
        let advice = Nearest.advice(for: first, in: firstWords + later)
        throw UsageError(text: "unknown verb '\(clean(first))': \(advice)")
    }

    /// A word that can be put in quotes.
    private static func clean(_ word: String) -> String {
        String(Quote.value(word).dropFirst().dropLast())
    }
}
