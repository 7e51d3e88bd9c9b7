import BerthMemory

/// A configuration and the file it was read from.
package struct ConfigurationFile: Sendable {
    /// The file that is read if no file is named and this one exists.
    package static let usualPath = "config/berth.yaml"
    /// The largest file that is read, in bytes.
    package static let mostBytes = 1 << 20

    /// The file; nil if there is none and all values are the built-in defaults.
    package let path: String?
    /// The checked settings.
    package let configuration: Configuration
    /// Keys that the file sets to other than their default and that this build does not act on yet,
    /// such as `telegram` or `access: open`.
    ///
    /// One warning at start names them.
    package let unused: [String]
    /// The effective configuration as YAML, with a comment at each default and secrets as `***`.
    package let yaml: String
    /// The effective configuration as one JSON object.
    ///
    /// Sizes are bytes, times seconds, money dollars, shares percent. A key that is not set is
    /// null.
    package let json: String

    /// Reads and checks a file, on the caller's thread.
    ///
    /// - Parameters:
    ///   - path: the file. nil for ``usualPath`` if that exists, else the defaults.
    ///   - environment: returns a variable's value, or nil if it is not set.
    ///   - memory: the default of memory.limit.
    /// - Returns: the checked configuration.
    /// - Throws: ``ConfigurationError`` with every error of the file.
    package static func load(
        path: String?,
        environment: @escaping (String) -> String?,
        memory: MemoryCeiling = .detect()
    ) throws(ConfigurationError) -> ConfigurationFile {
        let bytes = try contents(of: path)
        let file = bytes == nil ? nil : path ?? usualPath
        return try parse(bytes ?? [], file: file, environment: environment, memory: memory)
    }

    /// Reads the key `data` alone: the folder of a running service's admin socket.
    ///
    /// Other keys may be wrong or name variables that are not set, such as a provider's API key.
    ///
    /// - Throws: ``ConfigurationError`` if the file cannot be read, is not YAML, or its `data` is
    ///   wrong.
    package static func data(
        path: String?,
        environment: @escaping (String) -> String?
    ) throws(ConfigurationError) -> String {
        try part(path, environment) { $0.readData($1) }.data
    }

    /// Reads the keys `listen` and `url` alone: the address of a running service, for its clients.
    ///
    /// - Throws: ``ConfigurationError`` if the file cannot be read, is not YAML, or one of the two
    ///   is wrong.
    package static func url(
        path: String?,
        environment: @escaping (String) -> String?
    ) throws(ConfigurationError) -> WebURL {
        try part(path, environment) { $0.readAddress($1) }.url
    }

    private static func part(
        _ path: String?,
        _ environment: @escaping (String) -> String?,
        _ read: (inout Configuration, Section) -> Void
    ) throws(ConfigurationError) -> Configuration {
        let bytes = try contents(of: path) ?? []
        let reading = Reading(file: path ?? usualPath, environment: environment)
        let root = Section(try document(bytes, for: reading), path: "", reading: reading)
        var configuration = Configuration(memory: MemoryCeiling(limit: .zero, source: "not read"))
        read(&configuration, root)
        try reading.finish(allowingUnknownKeys: true)
        return configuration
    }

    /// The file's text, or nil if no file is named and ``usualPath`` does not exist.
    private static func contents(of path: String?) throws(ConfigurationError) -> [UInt8]? {
        let name = path ?? usualPath
        do { return try TextFile.read(name, atMost: mostBytes) } catch {
            if path == nil, error.isMissing { return nil }
            let issue = ConfigurationIssue(file: name, line: nil, key: nil, text: "\(error)")
            throw ConfigurationError(issues: [issue], unlisted: 0)
        }
    }

    /// Reads and checks a file's text.
    ///
    /// - Parameters:
    ///   - bytes: YAML in UTF-8.
    ///   - file: the file's name in errors. nil if there is no file.
    ///   - environment: returns a variable's value, or nil if it is not set.
    ///   - memory: the default of memory.limit.
    /// - Returns: the checked configuration.
    /// - Throws: ``ConfigurationError`` with every error of the file.
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
