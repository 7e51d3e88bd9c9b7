import BerthConfig
import BerthText

/// A row of the command's table: one verb, which parsing, help and suggestions all read.
struct Verb: Sendable {
    /// An option of a verb.
    struct Option: Sendable {
        /// With its dashes.
        let name: String
        /// What stands for its value in help; nil: a flag.
        let value: String?
        /// What it does, for help.
        let summary: String
    }

    /// One word, or two: `tenant add`.
    let words: [String]
    /// `NAME [OTHER] KEY=VALUE...`: needed, optional, one or more.
    var operands = ""
    /// Its own options; see ``allOptions``.
    var options: [Option] = []
    /// Whether it also prints JSON.
    var reads = true
    /// One line of help.
    let summary: String
    /// What more there is to say.
    var details = ""
    /// A whole command line.
    let example: String
    /// Makes the command of what was given.
    let build: @Sendable (Given) throws(UsageError) -> Command

    /// As it is typed.
    var name: String { words.joined(separator: " ") }

    /// Its own options and those of every verb.
    var allOptions: [Option] { options + (reads ? [Self.json] : []) + [Self.config, Self.help] }

    /// The form of its command line.
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
    /// Verbs of the finished Berth that this build lacks; whoever adds one moves it to ``all``.
    static let later = [
        "cleanup", "admin", "backup", "restore",
    ]

    /// The first words of all verbs, in the table's order.
    static let firstWords = all.reduce(into: [String]()) { words, verb in
        if words.last != verb.words[0] { words.append(verb.words[0]) }
    }

    /// The verb that `words` begin with.
    ///
    /// - Returns: nil where help for a group is asked, as in `tenant --help`.
    /// - Throws: ``UsageError`` where there is no such verb.
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
            throw UsageError(text: "'\(first)' needs what to do, one of: \(list)", help: [first])
        }
        if first == "fake", laterFakes.contains(second) {
            throw UsageError(text: "'fake \(second)' is not in this build yet", help: [first])
        }
        let advice = Nearest.advice(for: second, in: actions)
        throw UsageError(text: "unknown '\(first) \(clean(second))': \(advice)", help: [first])
    }

    /// Checks that `words` name a verb or a group, for help about it; none: the overview.
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

    private static let laterFakes = ["fal", "telegram"]

    /// A word within quotes of its own.
    private static func clean(_ word: String) -> String {
        String(Quote.value(word).dropFirst().dropLast())
    }
}
