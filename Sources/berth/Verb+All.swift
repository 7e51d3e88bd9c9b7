import BerthConfig
import BerthTelemetry
import BerthText

extension Verb {
    /// Every verb, in the order of help.
    ///
    /// `help` itself is the last.
    static let all: [Verb] =
        [serve] + chats + tenants + quotas + [memory] + files + queues + caches + configs + [
            doctor, usage,
        ]
        + [simulate] + fakes + [version, help]

    private static let serve = Verb(
        words: ["serve"],
        options: [
            Option(
                name: "--listen",
                value: "ADDRESS",
                summary: "listen on this address instead of the configured one"
            ),
            Option(name: "--log", value: "text|json", summary: "the log's form (default: text)"),
            Option(
                name: "--log-level",
                value: "LEVEL",
                summary: "debug, info, warning or error (default: info)"
            ),
        ],
        reads: false,
        summary: "Run the service until SIGTERM or SIGINT.",
        details:
            "Without a configuration the built-in demo provider answers, on 127.0.0.1:8080, and "
            + "the data is in ./data. The log goes to standard error.",
        example: "berth serve --listen 127.0.0.1:9000 --log json"
    ) { given throws(UsageError) in
        .serve(
            ServeChoices(
                listen: try given.value("--listen", .address),
                format: try given.value("--log", .choice(LogFormat.self)),
                level: try given.level("--log-level")
            )
        )
    }

    private static let doctor = Verb(
        words: ["doctor"],
        options: [
            Option(
                name: "--ask",
                value: nil,
                summary:
                    "ask every chat model for an answer of at most 16 tokens, which costs money"
            )
        ],
        summary: "Check this machine, the configuration and the data.",
        details:
            "Says what is wrong and how to fix it: models that their provider does not list, a "
            + "base_url that leads to a web page or to another API, and the parts of requests that "
            + "providers are known to refuse. It is free without --ask. With --ask each model costs "
            + "about 15 tokens of input and at most 16 of output (at 1 and 4 dollars per million "
            + "tokens, less than a hundredth of a cent), booked to the tenant '(house)'. The exit "
            + "status is 1 if something is wrong.",
        example: "berth doctor --ask"
    ) { given in .doctor(asks: given.has("--ask")) }

    private static let usage = Verb(
        words: ["usage"],
        options: [
            Option(name: "--days", value: "N", summary: "1 to 366 (default: 1, today)"),
            Option(name: "--month", value: nil, summary: "the days of this calendar month"),
            Option(
                name: "--csv",
                value: nil,
                summary: "print comma-separated values for a spreadsheet, without sums"
            ),
        ],
        summary: "Show requests, tokens and money per tenant and day, with their sums.",
        details:
            "'estimated' counts the requests whose tokens Berth estimated, because the provider did "
            + "not count them all. 'from cache' are the tokens in that the provider read from its "
            + "prompt cache. --json has those that it wrote there too (cache_write_tokens). The line "
            + "(house) has calls that a kill cut off and whose turns were asked again.",
        example: "berth usage --month --csv"
    ) { given throws(UsageError) in
        for (one, other) in [("--days", "--month"), ("--csv", "--json")]
        where given.has(one) && given.has(other) {
            throw given.error("\(one) and \(other) exclude each other: give one")
        }
        return .usage(
            UsageChoices(
                days: try given.value("--days", .integer(1...366)) ?? 1,
                isMonth: given.has("--month"),
                isCSV: given.has("--csv")
            )
        )
    }

    private static let version = Verb(
        words: ["version"],
        summary: "Print the version.",
        example: "berth version --json"
    ) { _ in .version }

    private static let help = Verb(
        words: ["help"],
        operands: "[VERB]",
        reads: false,
        summary: "Explain a verb, with an example.",
        example: "berth help tenant add"
    ) { _ in .help([]) }
}

extension Verb {
    private static let configs = [
        Verb(
            words: ["config", "check"],
            summary: "Check the configuration.",
            details: "Errors name the file, line, key and allowed values. The exit status is 1 if "
                + "there are errors.",
            example: "berth config check --config /etc/berth.yaml"
        ) { _ in .config(.check) },
        Verb(
            words: ["config", "show"],
            summary: "Print the configuration in effect.",
            details:
                "Prints YAML in which defaults are marked and secrets are ***. In JSON, sizes are "
                + "bytes, times seconds and money dollars.",
            example: "berth config show --json"
        ) { _ in .config(.show) },
    ]

    private static let quotas = [
        Verb(
            words: ["quota", "show"],
            operands: "[NAME]",
            summary: "Show a tenant's quotas and their use. Without NAME, those of all tenants.",
            details:
                "Requests, tokens and images are today's, and dollars this month's, with what is "
                + "reserved for running calls. Memory, disk and files are those held now.",
            example: "berth quota show anna"
        ) { given in .quota(.show(given.operands.first)) },
        Verb(
            words: ["quota", "set"],
            operands: "NAME KEY=VALUE...",
            summary: "Change a tenant's quotas.",
            details: "Keys: " + QuotaKey.allCases.map(\.rawValue).joined(separator: ", ")
                + ". The value default restores the configuration's.",
            example: "berth quota set anna requests_per_day=500 memory=32MiB disk=default"
        ) { given throws(UsageError) in
            .quota(.set(given.operands[0], try given.quotaChanges()))
        },
    ]
}

extension Given {
    /// `--log-level`.
    fileprivate func level(_ option: String) throws(UsageError) -> LogLevel? {
        guard let text = text(option) else { return nil }
        guard let level = LogLevel.allCases.first(where: { $0.name == text }) else {
            let names = LogLevel.allCases.map(\.name).joined(separator: ", ")
            throw error("\(option): \(Quote.value(text)) is not one of \(names)")
        }
        return level
    }

    /// The operands `KEY=VALUE...` after the name.
    fileprivate func quotaChanges() throws(UsageError) -> [QuotaChange] {
        var changes: [QuotaChange] = []
        for word in operands.dropFirst() {
            let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let name = String(parts[0])
            guard parts.count == 2 else {
                throw error("\(Quote.value(word)) is not KEY=VALUE, such as requests_per_day=500")
            }
            guard let key = QuotaKey(rawValue: name) else {
                let advice = Nearest.advice(for: name, in: QuotaKey.allCases.map(\.rawValue))
                throw error("unknown quota \(Quote.value(name)): \(advice)")
            }
            guard !changes.contains(where: { $0.key == key }) else {
                throw error("\(name) is given twice")
            }
            let value = key.read(String(parts[1]))
            guard parts[1] == "default" || value != nil else {
                throw error(
                    "\(name): \(Quote.value(String(parts[1]))) is not \(key.expected), nor default"
                )
            }
            changes.append(QuotaChange(key: key, value: value))
        }
        return changes
    }
}
