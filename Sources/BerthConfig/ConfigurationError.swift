/// All errors of a configuration that was refused, in the file's order.
package struct ConfigurationError: Error, Equatable, CustomStringConvertible {
    /// The largest number of errors that are listed.
    ///
    /// Further ones are counted.
    package static let mostListed = 20

    /// The listed errors, at least one.
    package let issues: [ConfigurationIssue]
    /// The number of errors that are not listed.
    package let unlisted: Int

    /// One line for each error.
    package var description: String {
        var lines = issues.map(\.description)
        if unlisted > 0 { lines.append("and \(unlisted) more") }
        return lines.joined(separator: "\n")
    }
}
