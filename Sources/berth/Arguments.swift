import BerthConfig

/// Parses the command line by the table ``Verb/all``.
enum Arguments {
    /// Parses `words`, the arguments after the program's name.
    ///
    /// Options may stand anywhere after the verb. `--config` and `--json` may also stand before it.
    /// `--option value` and `--option=value` mean the same. `--` ends the options.
    ///
    /// - Parameters:
    ///   - words: the arguments as the shell split them.
    ///   - environment: returns a variable's value, or nil if it is not set.
    /// - Returns: the command, with the options that all verbs share.
    /// - Throws: ``UsageError``, which suggests the nearest verb or option.
    static func parse(
        _ words: [String],
        environment: @escaping (String) -> String?
    ) throws(UsageError) -> Invocation {
        let leading = leadingOptions(words)
        let rest = words.dropFirst(leading.count)
        if leading.contains(where: ["--version", "-v"].contains) {
            return Invocation(json: leading.contains("--json"), command: .version)
        }
        if rest.first == "help" { return try help(rest.dropFirst()) }
        if words.isEmpty || leading.contains(where: isHelp) { return try help(rest) }
        guard !rest.isEmpty else { throw UsageError(text: "name a verb, such as: berth serve") }
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

    /// Help about the verb or group that `words` name, or the overview if there are none.
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
