/// One error in a configuration file.
package struct ConfigurationIssue: Equatable, Sendable, CustomStringConvertible {
    /// The file, as the caller named it.
    package let file: String
    /// The line, from 1; nil if the error is about no line, such as a missing file.
    package let line: Int?
    /// The key, such as `providers[0].api_key`; nil if the error is about no key.
    package let key: String?
    /// The error and the allowed values.
    ///
    /// Never contains a secret.
    package let text: String

    /// `config/berth.yaml:3: listen: …`.
    package var description: String {
        var parts = [line.map { "\(file):\($0)" } ?? file]
        if let key { parts.append(key) }
        return (parts + [text]).joined(separator: ": ")
    }
}
