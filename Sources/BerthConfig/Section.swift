/// A group of keys while it is read.
///
/// Reading a key makes it a known key. The keys that were never read are reported as unknown.
/// `config show` prints the values in the order in which they were read.
final class Section {
    /// The group's path, such as `providers[0]`.
    ///
    /// Empty for the whole file.
    let path: String
    private let line: Int?
    private let reading: Reading
    private let pairs: [YAMLPair]
    private var asked: [String] = []
    private(set) var entries: [ShownEntry] = []

    /// Opens a group.
    ///
    /// `node` is nil if it is not in the file and all its keys have their defaults.
    init(_ node: YAMLNode?, path: String, reading: Reading) {
        self.path = path
        self.reading = reading
        line = node?.line
        if case .mapping(let pairs) = node?.content { self.pairs = pairs } else { pairs = [] }
        reading.remember(self)
        guard let node, case .mapping = node.content else {
            if let node { report(nil, "must be a group of keys (key: value), not \(node.kind)") }
            return
        }
    }

    /// Reads a key into `value`, which holds the default and keeps it if the key is absent or
    /// wrong.
    ///
    /// `note` explains a default that is not always the same.
    func read<Value>(
        _ key: String,
        into value: inout Value,
        _ format: ValueFormat<Value>,
        note: String? = nil
    ) {
        let found = find(key, format)
        let usual = format.show(value)
        if let found { value = found }
        if format.show(value) != usual { remember(key, format.show(value)) }
        let comment = found == nil ? "default" + (note.map { ": \($0)" } ?? "") : origin(key)
        entries.append(ShownEntry(key: key, node: .value(format.show(value)), comment: comment))
    }

    /// Reads a key without a default; nil if it is absent or wrong.
    ///
    /// `absent` is the comment that `config show` prints for an absent key.
    func optional<Value>(_ key: String, _ format: ValueFormat<Value>, absent: String) -> Value? {
        let found = find(key, format)
        let shown = found.map(format.show)
        if let shown { remember(key, shown) }
        let node = shown.map { ShownNode.value($0) } ?? .absent
        let comment = found == nil ? absent : origin(key)
        entries.append(ShownEntry(key: key, node: node, comment: comment))
        return found
    }

    /// Reads a required key.
    ///
    /// Reports an error and returns nil if it is absent or wrong.
    func required<Value>(_ key: String, _ format: ValueFormat<Value>) -> Value? {
        let found = find(key, format)
        if let found {
            let shown = format.show(found)
            remember(key, shown)
            entries.append(ShownEntry(key: key, node: .value(shown), comment: origin(key)))
        } else if pair(key) == nil {
            report(nil, "the key '\(key)' is missing: \(format.expected)")
        }
        return found
    }

    /// Reads a list of single values into `values`, which keeps its default if the key is absent.
    ///
    /// A wrong entry is reported and left out. `absent` is the comment that `config show` prints for
    /// an empty list.
    func list<Value>(
        _ key: String,
        into values: inout [Value],
        _ format: ValueFormat<Value>,
        most: Int,
        absent: String
    ) {
        asked.append(key)
        if pair(key) != nil {
            values = nodes(key, most: most, as: "[ VALUE, VALUE ]").compactMap { node in
                value(of: node, key, format)
            }
        }
        let shown = values.map(format.show)
        let all = ShownValue(
            yaml: "[" + shown.map(\.yaml).joined(separator: ", ") + "]",
            json: "[" + shown.map(\.json).joined(separator: ",") + "]"
        )
        if !shown.isEmpty { remember(key, all) }
        entries.append(
            ShownEntry(
                key: key,
                node: shown.isEmpty ? .absent : .value(all),
                comment: shown.isEmpty ? absent : nil
            )
        )
    }

    /// Opens a group whose keys all have defaults.
    func section(_ key: String) -> Section {
        asked.append(key)
        let section = Section(pair(key)?.value, path: path(to: key), reading: reading)
        entries.append(ShownEntry(key: key, node: .section(section), comment: nil))
        return section
    }

    /// Opens an optional group, or returns nil if it is absent.
    ///
    /// `absent` is the comment that `config show` prints then.
    func optionalSection(_ key: String, absent: String) -> Section? {
        guard pair(key) != nil else {
            asked.append(key)
            entries.append(ShownEntry(key: key, node: .absent, comment: absent))
            return nil
        }
        return section(key)
    }

    /// Opens each group of a list.
    ///
    /// `absent` is the comment that `config show` prints for an empty list.
    func items(_ key: String, most: Int, absent: String) -> [Section] {
        asked.append(key)
        let items = nodes(key, most: most).enumerated().map { place, node in
            Section(node, path: "\(path(to: key))[\(place)]", reading: reading)
        }
        entries.append(
            ShownEntry(
                key: key,
                node: items.isEmpty ? .absent : .sections(items),
                comment: items.isEmpty ? absent : nil
            )
        )
        return items
    }

    /// Opens the group or each group of the list that `key` may hold.
    func oneOrMore(_ key: String, most: Int, absent: String) -> [Section] {
        if case .mapping = pair(key)?.value.content { return [section(key)] }
        return items(key, most: most, absent: absent)
    }

    private func nodes(
        _ key: String,
        most: Int,
        as form: String = "- { key: value }"
    ) -> [YAMLNode] {
        guard let pair = pair(key) else { return [] }
        guard case .sequence(let nodes) = pair.value.content else {
            report(key, "must be a list (\(form)), not \(pair.value.kind)")
            return []
        }
        if nodes.count > most {
            report(key, "has \(nodes.count) entries; at most \(most) are read")
        }
        return Array(nodes.prefix(most))
    }

    /// The value of an environment variable; nil if it is not set.
    func environment(_ name: String) -> String? { reading.environment(name) }

    /// Whether the file sets the key.
    func has(_ key: String) -> Bool { pair(key) != nil }

    /// Whether the file sets the key to a list.
    func hasList(_ key: String) -> Bool {
        if case .sequence = pair(key)?.value.content { return true }
        return false
    }

    /// Reports an error of `key`, or of the group if it is nil.
    func report(_ key: String?, _ text: String) {
        let place = key.map { path(to: $0) } ?? path
        reading.report(
            line: key.flatMap { pair($0)?.line } ?? line,
            key: place.isEmpty ? nil : place,
            text
        )
    }

    func reportUnknownKeys() {
        for pair in pairs where !asked.contains(pair.key) {
            let name = Quote.key(pair.key)
            let isCut = name.hasSuffix("…'")
            let advice = Nearest.advice(for: pair.key, in: asked)
            reading.report(
                line: pair.line,
                key: path.isEmpty ? nil : path,
                "unknown key \(name): "
                    + (isCut ? "a key ends with a colon and a space (key: value)" : advice)
            )
        }
    }

    private func find<Value>(_ key: String, _ format: ValueFormat<Value>) -> Value? {
        asked.append(key)
        guard let pair = pair(key) else { return nil }
        return value(of: pair.value, key, format)
    }

    private func value<Value>(
        of node: YAMLNode,
        _ key: String,
        _ format: ValueFormat<Value>
    ) -> Value? {
        guard case .scalar(let raw, _) = node.content else {
            report(key, "must be \(format.expected), not \(node.kind)")
            return nil
        }
        guard let text = filled(raw, for: key) else { return nil }
        guard let value = format.read(text) else {
            // The error quotes the text before variables are filled in, because a variable may hold
            // a secret.
            let subject = format.isSecret ? "this" : Quote.value(raw)
            let when = raw.contains("${") ? " once its variables are filled in" : ""
            report(key, "\(subject) is not \(format.expected)\(when)")
            return nil
        }
        return value
    }

    private func remember(_ key: String, _ value: ShownValue) {
        reading.remember(ConfiguredKey(path: path(to: key), text: value.yaml))
    }

    private func filled(_ raw: String, for key: String) -> String? {
        do {
            return try Variables.fill(raw, from: reading.environment)
        } catch {
            report(key, "\(error)")
            return nil
        }
    }

    /// `from ${NAME}` for a value that is one variable and nothing else; nil for all others.
    private func origin(_ key: String) -> String? {
        guard case .scalar(let raw, _) = pair(key)?.value.content, raw.hasPrefix("${"),
            raw.hasSuffix("}"), Names.isWord(raw.dropFirst(2).dropLast(), most: 64, also: "_")
        else { return nil }
        return "from \(raw)"
    }

    private func pair(_ key: String) -> YAMLPair? {
        pairs.first { $0.key == key && !$0.value.isNull }
    }

    private func path(to key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }
}
