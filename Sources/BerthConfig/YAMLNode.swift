/// A value of a YAML file and the line where it begins, from 1.
struct YAMLNode: Equatable {
    /// What stands there.
    enum Content: Equatable {
        /// Text as written, before variables; `isPlain`: without quotes.
        case scalar(String, isPlain: Bool)
        case sequence([YAMLNode])
        case mapping([YAMLPair])
    }

    let line: Int
    let content: Content

    /// Nothing, as `key:` or `key: null` say; it counts as an absent key.
    var isNull: Bool {
        guard case .scalar(let text, true) = content else { return false }
        return ["", "~", "null", "Null", "NULL"].contains(text)
    }

    /// What it is, for an error's wording.
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

/// Why the text is no YAML that Berth reads.
struct YAMLError: Error, Equatable {
    let line: Int
    let text: String
}
