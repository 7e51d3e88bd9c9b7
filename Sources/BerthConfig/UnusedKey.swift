/// A key that is read and checked, and that this build does not act on yet.
struct UnusedKey: Sendable {
    /// The key or group, without positions in lists, such as `telegram.mode`.
    let pattern: String
    /// The values that are not acted on; nil for all values.
    var values: [String]?

    /// The list of unused keys.
    ///
    /// A change that makes a key work deletes its row.
    static let all: [UnusedKey] = []

    /// The names of the file's keys that are not acted on, each once.
    static func names(among configured: [ConfiguredKey]) -> [String] {
        var names: [String] = []
        for key in configured {
            for row in all {
                guard let name = row.name(for: key), !names.contains(name) else { continue }
                names.append(name)
            }
        }
        return names
    }

    /// The name of a match: the group's name, the key's path, or the path with the value.
    private func name(for key: ConfiguredKey) -> String? {
        if key.pattern.hasPrefix(pattern + ".") { return pattern }
        guard key.pattern == pattern else { return nil }
        guard let values else { return key.path }
        return values.contains(key.text) ? "\(key.path): \(key.text)" : nil
    }
}
