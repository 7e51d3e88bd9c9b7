/// One thing that is wrong in a configuration file.
package struct ConfigurationIssue: Equatable, Sendable, CustomStringConvertible {
    /// The file as it was named.
    package let file: String
    /// From 1; nil where it is about no line, as a file that is not there.
    package let line: Int?
    /// As `providers[0].api_key`; nil where it is about no key.
    package let key: String?
    /// What is wrong and what is allowed; never a secret.
    package let text: String

    /// `config/berth.yaml:3: listen: …`.
    package var description: String {
        var parts = [line.map { "\(file):\($0)" } ?? file]
        if let key { parts.append(key) }
        return (parts + [text]).joined(separator: ": ")
    }
}

/// Why a configuration was not taken: everything that is wrong with it, in the file's order.
package struct ConfigurationError: Error, Equatable, CustomStringConvertible {
    /// More than this many are counted, not listed.
    package static let mostListed = 20

    /// What is wrong, at least one.
    package let issues: [ConfigurationIssue]
    /// Further ones that are not listed.
    package let unlisted: Int

    /// One line an issue.
    package var description: String {
        var lines = issues.map(\.description)
        if unlisted > 0 { lines.append("and \(unlisted) more") }
        return lines.joined(separator: "\n")
    }
}
