import CYaml

/// Reads one YAML document into nodes, from libyaml's parser events.
///
/// It reads scalars, sequences and mappings with text keys. It refuses anchors, aliases and tags,
/// because they let a small file expand into a large one and configuration does not need them.
@safe struct YAMLReader: ~Copyable {
    /// The deepest nesting of mappings and sequences.
    ///
    /// Berth's own keys need 5.
    static let maximumDepth = 16
    /// The largest number of values, lists and groups in one file.
    static let maximumNodes = 20_000

    private let parser: UnsafeMutablePointer<yaml_parser_t>
    private let bytes: UnsafeBufferPointer<UInt8>
    private var nodes = 0

    /// Reads `bytes`.
    ///
    /// - Returns: nil if there is no document, such as in a file of comments.
    /// - Throws: ``YAMLError`` at the first text that cannot be read.
    static func read(_ bytes: [UInt8]) throws(YAMLError) -> YAMLNode? {
        try unsafe bytes.withUnsafeBufferPointer { bytes throws(YAMLError) in
            var reader = try unsafe YAMLReader(bytes)
            return try reader.document()
        }
    }

    private init(_ bytes: UnsafeBufferPointer<UInt8>) throws(YAMLError) {
        guard let parser = unsafe berth_yaml_open(bytes.baseAddress, bytes.count) else {
            throw YAMLError(line: 1, text: "out of memory")
        }
        unsafe self.parser = parser
        unsafe self.bytes = bytes
    }

    deinit { unsafe berth_yaml_close(parser) }

    private mutating func document() throws(YAMLError) -> YAMLNode? {
        _ = try next()  // the stream's start
        guard try next().kind != .end else { return nil }  // or the document's start
        let root = try node(from: next(), depth: 0)
        _ = try next()  // the document's end
        let after = try next()
        guard after.kind == .end else {
            throw YAMLError(
                line: after.line,
                text: "a second document begins here; a file may hold one"
            )
        }
        return root
    }

    private mutating func node(from event: Event, depth: Int) throws(YAMLError) -> YAMLNode {
        nodes += 1
        guard nodes <= Self.maximumNodes else {
            throw YAMLError(line: event.line, text: "more than \(Self.maximumNodes) values")
        }
        guard depth < Self.maximumDepth else {
            throw YAMLError(
                line: event.line,
                text: "nested deeper than \(Self.maximumDepth) levels"
            )
        }
        return YAMLNode(line: event.line, content: try content(of: event, depth: depth))
    }

    private mutating func content(
        of event: Event,
        depth: Int
    ) throws(YAMLError) -> YAMLNode.Content {
        switch event.kind {
        case .scalar(let text, let isPlain): return .scalar(text, isPlain: isPlain)
        case .sequenceStart: return .sequence(try sequence(depth: depth + 1))
        case .mappingStart: return .mapping(try mapping(depth: depth + 1))
        case .close, .start, .end:
            throw YAMLError(line: event.line, text: "a value is missing here")
        }
    }

    private mutating func sequence(depth: Int) throws(YAMLError) -> [YAMLNode] {
        var items: [YAMLNode] = []
        while true {
            let event = try next()
            if event.kind == .close { return items }
            items.append(try node(from: event, depth: depth))
        }
    }

    private mutating func mapping(depth: Int) throws(YAMLError) -> [YAMLPair] {
        var pairs: [YAMLPair] = []
        var lines: [String: Int] = [:]
        while true {
            let event = try next()
            if event.kind == .close { return pairs }
            guard case .scalar(let key, _) = event.kind else {
                throw YAMLError(line: event.line, text: "a key must be a single word")
            }
            if let first = lines.updateValue(event.line, forKey: key) {
                throw YAMLError(
                    line: event.line,
                    text: "key \(Quote.key(key)) is set twice (first on line \(first)); "
                        + "remove one"
                )
            }
            let value = try node(from: next(), depth: depth)
            pairs.append(YAMLPair(key: key, line: event.line, value: value))
        }
    }
}

extension YAMLReader {
    /// One step of the parser.
    private struct Event {
        enum Kind: Equatable {
            case scalar(String, isPlain: Bool)
            case sequenceStart
            case mappingStart
            case close
            case start
            case end
        }

        let kind: Kind
        let line: Int
    }

    private func next() throws(YAMLError) -> Event {
        var event = unsafe yaml_event_t()
        guard unsafe yaml_parser_parse(parser, &event) != 0 else { throw problem() }
        defer { unsafe yaml_event_delete(&event) }
        let view = unsafe berth_yaml_look(&event)
        let line = unsafe Int(view.line)
        let type = unsafe event.type
        guard type != YAML_ALIAS_EVENT, unsafe !view.has_anchor else {
            throw YAMLError(
                line: line,
                text: "anchors (&name) and aliases (*name) are not used here: write the value out, "
                    + "in quotes if it begins with & or *"
            )
        }
        guard unsafe !view.has_tag else {
            throw YAMLError(
                line: line,
                text: "tags (!name) are not used here: remove it, or put the value in quotes"
            )
        }
        switch type {
        case YAML_SCALAR_EVENT:
            let text = unsafe UnsafeBufferPointer(start: view.text, count: view.length)
            let string = unsafe String(decoding: text, as: UTF8.self)
            return Event(kind: .scalar(string, isPlain: unsafe view.is_plain), line: line)
        case YAML_SEQUENCE_START_EVENT: return Event(kind: .sequenceStart, line: line)
        case YAML_MAPPING_START_EVENT: return Event(kind: .mappingStart, line: line)
        case YAML_SEQUENCE_END_EVENT, YAML_MAPPING_END_EVENT: return Event(kind: .close, line: line)
        case YAML_STREAM_END_EVENT: return Event(kind: .end, line: line)
        default: return Event(kind: .start, line: line)
        }
    }

    private func problem() -> YAMLError {
        let text = unsafe String(cString: berth_yaml_problem(parser))
        var line = unsafe Int(berth_yaml_problem_line(parser))
        if line == 0 {
            let offset = unsafe Int(berth_yaml_problem_offset(parser))
            line = unsafe 1 + bytes.prefix(offset).count { $0 == UInt8(ascii: "\n") }
        }
        return YAMLError(
            line: line,
            text:
                "cannot be read as YAML: \(text) (indent with spaces, not tabs; put ${…} and text "
                + "with : # { } [ ] in double quotes)"
        )
    }
}
