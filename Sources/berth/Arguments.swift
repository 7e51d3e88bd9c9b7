import BerthConfig

/// Reads the command line by the table ``Verb/all``.
enum Arguments {
    /// Understands `words`, the arguments after the program's name.
    ///
    /// Options stand anywhere after the verb; `--config` and `--json` may stand before it.
    /// `--option value` and `--option=value` mean the same; `--` ends the options.
    ///
    /// - Parameters:
    ///   - words: as the shell split them.
    ///   - environment: gives a variable's value, nil where it is unset.
    /// - Returns: the command and the options that all verbs have.
    /// - Throws: ``UsageError`` with the nearest verb or option.
    static func parse(
        _ words: [String],
        environment: @escaping (String) -> String?
    ) throws(UsageError) -> Invocation {
        let leading = leadingOptions(words)
        let rest = words.dropFirst(leading.count)
        if leading.contains("--version") { return Invocation(command: .version) }
        if rest.first == "help" { return try help(rest.dropFirst()) }
        if words.isEmpty || leading.contains(where: isHelp) { return try help(rest) }
        guard !rest.isEmpty else { throw UsageError(text: "say what to do, as: berth serve") }
        guard let verb = try Verb.find(rest) else { return try help(rest) }
        let given = try Given(
            verb: verb,
            words: rest.dropFirst(verb.words.count) + leading,
            environment: environment
        )
        guard !given.wantsHelp else { return Invocation(command: .help(verb.words)) }
        return Invocation(
            config: given.text("--config"),
            json: given.has("--json"),
            command: try verb.build(given)
        )
    }

    static func isHelp(_ word: String) -> Bool { word == "--help" || word == "-h" }

    /// Help about what `words` name; none: the overview.
    private static func help(_ words: ArraySlice<String>) throws(UsageError) -> Invocation {
        Invocation(command: .help(try Verb.topic(Array(words))))
    }

    /// The options before the verb, with their values.
    private static func leadingOptions(_ words: [String]) -> [String] {
        var count = 0
        while count < words.count, words[count].hasPrefix("-") {
            count += words[count] == "--config" ? 2 : 1
        }
        return Array(words.prefix(count))
    }
}

/// What follows a verb, sorted into its operands and options.
struct Given {
    private let verb: Verb
    /// What is neither an option nor an option's value.
    private(set) var operands: [String] = []
    /// By option; a flag's value is empty.
    private var values: [String: String] = [:]
    /// Whether `--help` or `-h` is among them; then nothing else matters.
    private(set) var wantsHelp = false
    private let environment: (String) -> String?

    /// Sorts `words`, which must not name an option that the verb lacks.
    init(
        verb: Verb,
        words: ArraySlice<String>,
        environment: @escaping (String) -> String?
    ) throws(UsageError) {
        self.verb = verb
        self.environment = environment
        wantsHelp = words.contains(where: Arguments.isHelp)
        guard !wantsHelp else { return }
        var rest = words
        while let word = rest.popFirst() {
            if word == "--" {
                operands += rest
                break
            }
            if word.hasPrefix("-"), word != "-" {
                try take(word, &rest)
            } else {
                operands.append(word)
            }
        }
        try checkOperands()
    }

    private mutating func take(
        _ word: String,
        _ rest: inout ArraySlice<String>
    ) throws(UsageError) {
        let name = String(word.prefix { $0 != "=" })
        let attached = name.count < word.count ? String(word.dropFirst(name.count + 1)) : nil
        guard let option = verb.allOptions.first(where: { $0.name == name }) else {
            let advice = Nearest.advice(for: name, in: verb.allOptions.map(\.name))
            throw error("unknown option \(Quote.value(name)) of '\(verb.name)': \(advice)")
        }
        guard values[name] == nil else { throw error("\(name) is given twice") }
        guard let placeholder = option.value else {
            guard attached == nil else { throw error("\(name) takes no value") }
            values[name] = ""
            return
        }
        let next = rest.first.flatMap { $0.hasPrefix("--") ? nil : $0 }
        guard let value = attached ?? next, !value.isEmpty else {
            throw error("\(name) needs a value: \(name) \(placeholder)")
        }
        if attached == nil { rest = rest.dropFirst() }
        values[name] = value
    }

    private func checkOperands() throws(UsageError) {
        let names = verb.operands.split(separator: " ")
        if operands.count < names.count(where: { !$0.hasPrefix("[") }) {
            throw error("'\(verb.name)' needs \(names[operands.count]): \(verb.usage)")
        }
        if operands.count > names.count, names.last?.hasSuffix("...") != true {
            let extra = Quote.value(operands[names.count])
            throw error("'\(verb.name)' does not take \(extra): \(verb.usage)")
        }
    }

    /// Whether a flag was given.
    func has(_ option: String) -> Bool { values[option] != nil }

    /// An option's text; nil where it was not given.
    func text(_ option: String) -> String? { values[option] }

    /// An option's value; nil where it was not given.
    func value<Value>(
        _ option: String,
        _ format: ValueFormat<Value>
    ) throws(UsageError) -> Value? {
        guard let text = values[option] else { return nil }
        guard let value = format.read(text) else {
            throw error("\(option): \(Quote.value(text)) is not \(format.expected)")
        }
        return value
    }

    /// An environment variable; nil where it is unset or empty.
    func variable(_ name: String) -> String? {
        environment(name).flatMap { $0.isEmpty ? nil : $0 }
    }

    /// An error that points to this verb's help.
    func error(_ text: String) -> UsageError { UsageError(text: text, help: verb.words) }
}
