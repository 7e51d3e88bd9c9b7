import BerthConfig

/// Prints help from the table of verbs that the parser uses too.
enum Help {
    /// The longest line, in characters.
    static let columns = 80

    /// The help about `topic`: the words of a verb or group, or none for the overview.
    ///
    /// - Returns: lines that end in newlines. The overview for a topic that is not in the table.
    static func text(_ topic: [String]) -> String {
        let verbs = Verb.all.filter { $0.words.starts(with: topic) }
        guard !topic.isEmpty, let first = verbs.first else { return overview }
        if verbs.count == 1 { return page(first) }
        // A verb that can stand alone comes before its group, such as `queue` before `queue
        // failed`.
        guard first.words == topic else { return group(verbs) }
        return page(first) + "\nAlso:\n" + group(Array(verbs.dropFirst()))
    }

    private static var overview: String {
        let verbs = Verb.all.map { (left: call($0), right: $0.summary) }
        return paragraph("Berth: an AI chat bot for up to fifty people on one small server.")
            + "\nUsage: berth VERB [OPTION...]\n\n" + table(verbs) + "\n"
            + paragraph(
                "Every verb takes --config FILE (default: config/berth.yaml if it exists, else "
                    + "built-in defaults). Most verbs take --json, and then print errors as JSON too."
            )
            + paragraph(
                "Exit status: 0 done, 1 failed, 2 wrong usage. berth help VERB explains a verb, "
                    + "with an example."
            )
    }

    private static func group(_ verbs: [Verb]) -> String {
        table(verbs.map { (left: "berth " + call($0), right: $0.summary) })
            + verbs.reduce("\nExamples:\n") { $0 + "  \($1.example)\n" }
    }

    private static func page(_ verb: Verb) -> String {
        let options = verb.allOptions.map { option in
            (left: option.name + (option.value.map { " \($0)" } ?? ""), right: option.summary)
        }
        return paragraph(verb.summary) + "\n" + paragraph("Usage: " + verb.usage, indent: 7) + "\n"
            + (verb.details.isEmpty ? "" : paragraph(verb.details) + "\n")
            + "Options:\n" + table(options) + "\nExample:\n  \(verb.example)\n"
    }

    private static func call(_ verb: Verb) -> String {
        verb.operands.isEmpty ? verb.name : "\(verb.name) \(verb.operands)"
    }

    /// Two columns.
    ///
    /// The left one is at most 34 characters wide.
    static func table(_ rows: [(left: String, right: String)]) -> String {
        let width = min(34, rows.map(\.left.count).max() ?? 0)
        return rows.map { row in
            let lines = wrapped(row.right, columns - width - 4)
            let pad = String(repeating: " ", count: max(0, width - row.left.count))
            let hang = "\n" + String(repeating: " ", count: width + 4)
            return "  \(row.left)\(pad)  " + lines.joined(separator: hang) + "\n"
        }.joined()
    }

    /// Wrapped text.
    ///
    /// All lines except the first begin with `indent` spaces.
    private static func paragraph(_ text: String, indent: Int = 0) -> String {
        let hang = "\n" + String(repeating: " ", count: indent)
        return wrapped(text, columns - indent).joined(separator: hang) + "\n"
    }

    private static func wrapped(_ text: String, _ width: Int) -> [String] {
        text.split(separator: " ").reduce(into: [String]()) { lines, word in
            if let last = lines.last, last.count + 1 + word.count <= width {
                lines[lines.count - 1] = "\(last) \(word)"
            } else {
                lines.append(String(word))
            }
        }
    }
}
