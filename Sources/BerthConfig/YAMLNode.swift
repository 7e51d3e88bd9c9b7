/// A value of a YAML file and the line on which it begins, from 1.
struct YAMLNode: Equatable {
    /// The kinds of values.
    enum Content: Equatable {
        /// Text as written, before variables are filled in. `isPlain` if it has no quotes.
        case scalar(String, isPlain: Bool)
        case sequence([YAMLNode])
        case mapping([YAMLPair])
    }

    let line: Int
    let content: Content

    /// Whether it is a null, such as `key:` or `key: null`, which counts as an absent key.
    var isNull: Bool {
        guard case .scalar(let text, true) = content else { return false }
        return ["", "~", "null", "Null", "NULL"].contains(text)
    }

    /// The value's kind, for errors.
    var kind: String {
        switch content {
        case .scalar: "a single value"
        case .sequence: "a list"
        case .mapping: "a group of keys"
        }
    }
}

/// A key of a mapping, its line and its value.
struct YAMLPair: Equatable {
    let key: String
    let line: Int
    let value: YAMLNode
}
