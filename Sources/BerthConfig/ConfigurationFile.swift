import BerthMemory

/// A configuration and the file it was read from.
package struct ConfigurationFile: Sendable {
    /// Read where no file is named and it exists.
    package static let usualPath = "config/berth.yaml"
    /// A longer file is refused.
    package static let mostBytes = 1 << 20

    /// The file; nil: there is none, all values are the built-in defaults.
    package let path: String?
    /// What it says.
    package let configuration: Configuration
    /// Keys that the file sets, not to their default, and that this build does not act on yet.
    ///
    /// As `redis` or `providers[1].kind: fal`, for the one warning at start.
    package let unused: [String]
    /// The effective configuration as YAML, a comment at each default, secrets as `***`.
    package let yaml: String
    /// The same as one JSON object: sizes in bytes, times in seconds, money in dollars, shares in
    /// percent; what is not set is null.
    package let json: String

    /// Reads and checks a file, on the caller's thread.
    ///
    /// - Parameters:
    ///   - path: the file; nil: ``usualPath`` where that exists, else the defaults.
    ///   - environment: gives a variable's value, nil where it is unset.
    ///   - memory: what memory.limit is where the file does not say.
    /// - Returns: the checked configuration.
    /// - Throws: ``ConfigurationError`` with everything that is wrong.
    package static func load(
        path: String?,
        environment: @escaping (String) -> String?,
        memory: MemoryCeiling = .detect()
    ) throws(ConfigurationError) -> ConfigurationFile {
        let name = path ?? usualPath
        do {
            let bytes = try TextFile.read(name, atMost: mostBytes)
            return try parse(bytes, file: name, environment: environment, memory: memory)
        } catch let error as ConfigurationError {
            throw error
        } catch {
            guard path == nil, (error as? TextFileError)?.isMissing == true else {
                let issue = ConfigurationIssue(file: name, line: nil, key: nil, text: "\(error)")
                throw ConfigurationError(issues: [issue], unlisted: 0)
            }
            return try parse([], file: nil, environment: environment, memory: memory)
        }
    }

    /// Reads and checks a file's text.
    ///
    /// - Parameters:
    ///   - bytes: YAML in UTF-8.
    ///   - file: how errors name it; nil: there is none.
    ///   - environment: gives a variable's value, nil where it is unset.
    ///   - memory: what memory.limit is where the file does not say.
    /// - Returns: the checked configuration.
    /// - Throws: ``ConfigurationError`` with everything that is wrong.
    package static func parse(
        _ bytes: [UInt8],
        file: String?,
        environment: @escaping (String) -> String?,
        memory: MemoryCeiling
    ) throws(ConfigurationError) -> ConfigurationFile {
        let reading = Reading(file: file ?? "built-in defaults", environment: environment)
        let root = Section(try document(bytes, for: reading), path: "", reading: reading)
        let configuration = Configuration(reading: root, memory: memory)
        try reading.finish()
        return ConfigurationFile(
            path: file,
            configuration: configuration,
            unused: UnusedKey.names(among: reading.configured),
            yaml: Shown.yaml(root),
            json: Shown.json(root)
        )
    }

    private static func document(
        _ bytes: [UInt8],
        for reading: Reading
    ) throws(ConfigurationError) -> YAMLNode? {
        do {
            let node = try YAMLReader.read(bytes)
            return node?.isNull == true ? nil : node
        } catch {
            reading.report(line: error.line, key: nil, error.text)
            try reading.finish()
            return nil
        }
    }
}
