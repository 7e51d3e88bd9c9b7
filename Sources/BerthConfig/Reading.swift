/// One reading of a file: what was found wrong, and which keys were set.
final class Reading {
    /// The file as errors name it.
    let file: String
    let environment: (String) -> String?
    private var issues: [ConfigurationIssue] = []
    private(set) var configured: [ConfiguredKey] = []
    private var sections: [Section] = []

    init(file: String, environment: @escaping (String) -> String?) {
        self.file = file
        self.environment = environment
    }

    /// Notes what is wrong; the file's size bounds how much that can be.
    func report(line: Int?, key: String?, _ text: String) {
        issues.append(ConfigurationIssue(file: file, line: line, key: key, text: text))
    }

    func remember(_ section: Section) { sections.append(section) }

    func remember(_ key: ConfiguredKey) { configured.append(key) }

    /// Throws everything that was reported, unknown keys too.
    func finish() throws(ConfigurationError) {
        for section in sections { section.reportUnknownKeys() }
        guard !issues.isEmpty else { return }
        let ordered = issues.enumerated().sorted {
            ($0.element.line ?? 0, $0.offset) < ($1.element.line ?? 0, $1.offset)
        }
        let most = ConfigurationError.mostListed
        throw ConfigurationError(
            issues: ordered.prefix(most).map(\.element),
            unlisted: max(0, issues.count - most)
        )
    }
}

/// A key that the file sets to something other than its default.
struct ConfiguredKey: Equatable {
    /// As `providers[0].kind`.
    let path: String
    /// As `config show` has it: variables filled in, secrets as `***`.
    let text: String

    /// Without the places in lists: `providers.kind`.
    var pattern: String {
        let parts = path.split(separator: "[").enumerated()
        return parts.map { place, part in
            place == 0 ? String(part) : String(part.drop { $0 != "]" }.dropFirst())
        }.joined()
    }
}
