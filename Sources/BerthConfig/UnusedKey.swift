/// A key that is read and checked but that this build does not act on yet.
struct UnusedKey: Sendable {
    /// The key or group, without places in lists: `price_ceiling.image`.
    let pattern: String
    /// The values that are not acted on; nil: all.
    var values: [String]?

    /// The one list: whoever makes a key work deletes its row.
    static let all: [UnusedKey] = [
        UnusedKey(pattern: "access", values: ["approve", "open"]),
        UnusedKey(pattern: "telegram"),
        UnusedKey(pattern: "providers.kind", values: ["fal"]),
        UnusedKey(pattern: "price_ceiling.image"),
        UnusedKey(pattern: "models.image"),
        UnusedKey(pattern: "quotas.images_per_day"),
        UnusedKey(pattern: "quotas.disk"),
        UnusedKey(pattern: "quotas.files"),
        UnusedKey(pattern: "files"),
    ]

    /// How each of the file's keys that is not acted on is named, once.
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

    /// A group by its own name, a key with its place, a value with both.
    private func name(for key: ConfiguredKey) -> String? {
        if key.pattern.hasPrefix(pattern + ".") { return pattern }
        guard key.pattern == pattern else { return nil }
        guard let values else { return key.path }
        return values.contains(key.text) ? "\(key.path): \(key.text)" : nil
    }
}
