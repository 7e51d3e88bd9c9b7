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
        options: [Option(name: "--days", value: "N", summary: "1 to 366 (default: 1, today)")],
        summary: "Show requests, tokens and money per tenant.",
        details:
            "'estimated' counts the requests whose tokens Berth estimated, because the provider did "
            + "not count them all. 'from cache' are the tokens in that the provider read from its "
            + "prompt cache. --json has those that it wrote there too (cache_write_tokens). The line "
            + "(house) has calls that a kill cut off and whose turns were asked again.",
        example: "berth usage --days 30"
    ) { given throws(UsageError) in
        .usage(days: try given.value("--days", .integer(1...366)) ?? 1)
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

    private static let tenants = [
        tenant(
            "add",
            "NAME",
            "Make a tenant and print its API key and login link.",
            details:
                "Both are shown only once. The JSON is {\"tenant\":...,\"key\":...,\"web\":...}.",
            example: "berth tenant add anna --json"
        ) { .add($0 ?? "") },
        tenant("list", "", "List the tenants.", example: "berth tenant list") { _ in .list },
        tenant(
            "show",
            "NAME",
            "Show one tenant: state, memory held, quotas.",
            example: "berth tenant show anna"
        ) { .show($0 ?? "") },
        tenant(
            "invite",
            "[NAME]",
            "Print one-time links that make their user a tenant.",
            details:
                "Makes the tenant NAME if there is none, and prints a login link for the web and "
                + "a link to each Telegram bot. Without NAME, the person who opens the link in "
                + "Telegram becomes a new tenant.",
            example: "berth tenant invite anna"
        ) { .invite($0) },
        tenant(
            "link",
            "NAME",
            "Print a new login link for the web chat. It works once, within 24 hours.",
            example: "berth tenant link anna"
        ) { .link($0 ?? "") },
        tenant(
            "key",
            "NAME",
            "Make another API key and print it. It is shown only once.",
            example: "berth tenant key anna"
        ) { .key($0 ?? "") },
        tenant(
            "keys",
            "NAME",
            "List a tenant's API keys by their first characters and date.",
            details: "A key itself is shown only once, when it is made.",
            example: "berth tenant keys anna"
        ) { .keys($0 ?? "") },
        revoke,
        tenant(
            "requests",
            "",
            "List the people who ask for access (access: approve).",
            example: "berth tenant requests"
        ) { _ in .requests },
        tenant(
            "approve",
            "REQUEST",
            "Make a person who asks a tenant, by the number that 'berth tenant requests' lists.",
            example: "berth tenant approve 3"
        ) { .approve($0 ?? "") },
        tenant(
            "decline",
            "REQUEST",
            "Decline a person who asks. Asking again has no effect.",
            example: "berth tenant decline 3"
        ) { .decline($0 ?? "") },
        tenant(
            "logout",
            "NAME",
            "End a tenant's web logins and unused login links at once.",
            details:
                "Pages that are open are disconnected; answers under way are finished and kept.",
            example: "berth tenant logout anna"
        ) { .logout($0 ?? "") },
        tenant(
            "suspend",
            "NAME",
            "Refuse a tenant's requests from now on. Its data is kept.",
            details: "Its turns and API calls end. Calls that wait are not bought, and running "
                + "ones are cancelled at their provider.",
            example: "berth tenant suspend anna"
        ) { .suspend($0 ?? "") },
        tenant(
            "resume",
            "NAME",
            "Accept a suspended tenant's requests again.",
            example: "berth tenant resume anna"
        ) { .resume($0 ?? "") },
        tenant(
            "remove",
            "NAME",
            "Remove a tenant, its conversations, files, keys, links and logins.",
            details: "Work under way ends. Its words leave the database's file and log within a "
                + "minute. The ledger of costs is kept, without content. Cached "
                + "answers that others may be given, and those in Redis, expire by their lifetime, "
                + "and 'berth cache flush' deletes them at once.",
            example: "berth tenant remove anna"
        ) { .remove($0 ?? "") },
    ]

    private static let revoke = Verb(
        words: ["tenant", "revoke"],
        operands: "NAME [KEY]",
        options: [Option(name: "--all", value: nil, summary: "revoke all keys of the tenant")],
        summary: "Revoke an API key at once, or all of them.",
        details:
            "KEY is what 'berth tenant keys' lists, or a whole key. API calls under way with a "
            + "revoked key are cut off.",
        example: "berth tenant revoke anna berth-AbCdEf"
    ) { given throws(UsageError) in
        let key = given.operands.count > 1 ? given.operands[1] : nil
        guard (key == nil) == given.has("--all") else {
            throw given.error("'tenant revoke' needs either KEY or --all")
        }
        return .tenant(.revoke(given.operands[0], key: key))
    }

    /// A verb about one tenant.
    ///
    /// `action` gets the name, or nil if none was given.
    private static func tenant(
        _ word: String,
        _ operands: String,
        _ summary: String,
        details: String = "",
        example: String,
        action: @escaping @Sendable (String?) -> TenantAction
    ) -> Verb {
        Verb(
            words: ["tenant", word],
            operands: operands,
            summary: summary,
            details: details,
            example: example
        ) { given in .tenant(action(given.operands.first)) }
    }
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
