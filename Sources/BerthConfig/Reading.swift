/// One reading of a file, with the errors that were found and the keys that were set.
final class Reading {
    /// The file's name in errors.
    let file: String
    let environment: (String) -> String?
    private var issues: [ConfigurationIssue] = []
    private(set) var configured: [ConfiguredKey] = []
    private var sections: [Section] = []

    init(file: String, environment: @escaping (String) -> String?) {
        self.file = file
        self.environment = environment
    }

    /// Records an error.
    ///
    /// The file's size bounds the number of errors.
    func report(line: Int?, key: String?, _ text: String) {
        issues.append(ConfigurationIssue(file: file, line: line, key: key, text: text))
    }

    func remember(_ section: Section) { sections.append(section) }

    func remember(_ key: ConfiguredKey) { configured.append(key) }

    /// Ends the reading.
    ///
    /// - Parameter allowingUnknownKeys: whether keys that nobody asked for are right: true if only
    ///   a part of the file was read.
    /// - Throws: ``ConfigurationError`` with everything that was reported.
    func finish(allowingUnknownKeys: Bool = false) throws(ConfigurationError) {
        if !allowingUnknownKeys { for section in sections { section.reportUnknownKeys() } }
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
