import BerthConfig

/// The arguments of a verb, sorted into operands and options.
struct Given {
    let verb: Verb
    /// The arguments that are neither options nor their values.
    private(set) var operands: [String] = []
    /// The values by option.
    ///
    /// A flag's value is empty.
    private var values: [String: String] = [:]
    /// Whether `--help` or `-h` is given.
    ///
    /// The other arguments are then ignored.
    private(set) var wantsHelp = false
    private let environment: (String) -> String?

    /// Sorts `words`.
    ///
    /// - Throws: ``UsageError`` for an unknown option, a missing value or operand, or one too many.
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
        guard !operands.contains("") else {
            throw error("'\(verb.name)' has an empty argument: \(verb.usage)")
        }
        if operands.count < names.count(where: { !$0.hasPrefix("[") }) {
            throw error("'\(verb.name)' needs \(names[operands.count]): \(verb.usage)")
        }
        if operands.count > names.count, names.last?.contains("...") != true {
            let extra = Quote.value(operands[names.count])
            throw error("'\(verb.name)' does not take \(extra): \(verb.usage)")
        }
    }

    /// Whether a flag was given.
    func has(_ option: String) -> Bool { values[option] != nil }

    /// An option's text, or nil if it was not given.
    func text(_ option: String) -> String? { values[option] }

    /// An option's value, or nil if it was not given.
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

    /// An environment variable, or nil if it is unset or empty.
    func variable(_ name: String) -> String? {
        environment(name).flatMap { $0.isEmpty ? nil : $0 }
    }

    /// An error that points to this verb's help.
    func error(_ text: String) -> UsageError { UsageError(text: text, help: verb.words) }
}
