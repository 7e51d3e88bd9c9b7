import BerthConfig

extension Verb {
    static let tenants = [
        add, rename,
        tenant("list", "", "List the tenants.", example: "berth tenant list") { _ in .list },
        tenant(
            "show",
            "NAME",
            "Show one tenant: state, identities, and its quotas with their use.",
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
            "logins",
            "NAME",
            "List a tenant's web logins: a name, the browser and the date of each.",
            example: "berth tenant logins anna"
        ) { .logins($0 ?? "") },
        logout,
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
        remove,
    ]

    private static let add = Verb(
        words: ["tenant", "add"],
        operands: "NAME",
        options: [
            Option(name: "--name", value: "TEXT", summary: "the person's name, in any script")
        ],
        summary: "Make a tenant and print its API key and login link.",
        details: "NAME is used in commands: 1 to 32 characters of a-z, 0-9, -, _ and dots. Key and "
            + "link are shown only once. The JSON is {\"tenant\":...,\"key\":...,\"web\":...}.",
        example: "berth tenant add anna --name Müller --json"
    ) { given in .tenant(.add(given.operands[0], display: given.text("--name"))) }

    private static let rename = Verb(
        words: ["tenant", "rename"],
        operands: "NAME [TEXT...]",
        options: [Option(name: "--none", value: nil, summary: "forget the person's name")],
        summary: "Change a person's name, by which the page greets and lists show it.",
        details: "TEXT is one line in any script. NAME itself, which commands use, stays as it is.",
        example: "berth tenant rename anna Anna Müller"
    ) { given throws(UsageError) in
        let words = given.operands.dropFirst()
        guard words.isEmpty == given.has("--none") else {
            throw given.error("'tenant rename' needs either TEXT or --none")
        }
        let display = words.isEmpty ? nil : words.joined(separator: " ")
        return .tenant(.rename(given.operands[0], display: display))
    }

    private static let logout = Verb(
        words: ["tenant", "logout"],
        operands: "NAME [LOGIN]",
        summary: "End a tenant's web logins and unused login links at once, or one login.",
        details: "LOGIN is what 'berth tenant logins' lists. Pages that are open are disconnected; "
            + "answers under way are finished and kept.",
        example: "berth tenant logout anna"
    ) { given in
        let login = given.operands.count > 1 ? given.operands[1] : nil
        return .tenant(.logout(given.operands[0], login: login))
    }

    private static let remove = Verb(
        words: ["tenant", "remove"],
        operands: "NAME",
        options: [Option(name: "--yes", value: nil, summary: "remove it without a question")],
        summary: "Remove a tenant, its conversations, files, keys, links and logins.",
        details: "Asks first, on a terminal; a script gives --yes or --json. Work under way ends. "
            + "Its words leave the database's file and log within a minute. The ledger of costs is "
            + "kept, without content. Cached answers that others may be given, and those in "
            + "Redis, expire by their lifetime, and 'berth cache flush' deletes them at once.",
        example: "berth tenant remove anna --yes"
    ) { given in .tenant(.remove(given.operands[0], isSure: given.has("--yes"))) }

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
