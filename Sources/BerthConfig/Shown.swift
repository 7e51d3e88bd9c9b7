import BerthText

/// A line of `config show`: a key, its value and a comment.
struct ShownEntry {
    let key: String
    let node: ShownNode
    /// The source of the value, or the effect of its absence.
    let comment: String?
}

/// The value of a key.
enum ShownNode {
    case value(ShownValue)
    /// No value. Printed as a comment in YAML and as null in JSON.
    case absent
    case section(Section)
    case sections([Section])
}

/// Prints the effective configuration.
enum Shown {
    /// YAML that reads back as the same configuration, except for secrets and variables.
    static func yaml(_ section: Section, indent: String = "") -> String {
        section.entries.map { entry in yaml(entry, indent: indent) }.joined()
    }

    private static func yaml(_ entry: ShownEntry, indent: String) -> String {
        let comment = entry.comment.map { "  # \($0)" } ?? ""
        switch entry.node {
        case .value(let value): return "\(indent)\(entry.key): \(value.yaml)\(comment)\n"
        case .absent: return "\(indent)# \(entry.key): \(entry.comment ?? "not set")\n"
        case .section(let section):
            return "\(indent)\(entry.key):\n" + yaml(section, indent: indent + "  ")
        case .sections(let sections):
            let items = sections.map { section in
                let text = yaml(section, indent: indent + "    ")
                return "\(indent)  - " + text.dropFirst(indent.utf8.count + 4)
            }
            return "\(indent)\(entry.key):\n" + items.joined()
        }
    }

    /// One JSON object.
    ///
    /// Sizes are bytes, times seconds, money dollars, shares percent.
    static func json(_ section: Section) -> String {
        let members = section.entries.map { entry in
            let value =
                switch entry.node {
                case .value(let value): value.json
                case .absent: "null"
                case .section(let section): json(section)
                case .sections(let sections): "[" + sections.map(json).joined(separator: ",") + "]"
                }
            return "\(VisibleQuote.quoted(entry.key)):\(value)"
        }
        return "{" + members.joined(separator: ",") + "}"
    }
}
