import BerthConfig
import BerthTelemetry

extension Verb {
    /// The verbs of a tenant in the terminal.
    static let chats = [
        Verb(
            words: ["chat"],
            options: identities,
            reads: false,
            summary: "Talk to the bot in this terminal.",
            details:
                "Type a message and press Enter. Ctrl-C stops an answer, Ctrl-D leaves. On a "
                + "terminal an answer is shown as formatted text, and in a pipe as it is. "
                + "Lines are edited by libedit (Debian's libedit2), if it is installed: the "
                + "arrow keys move in a line and bring former ones back, Ctrl-R searches them, "
                + "Alt-Enter begins a line of the same message, and a pasted text is one message. "
                + "The lines are kept in ~/.local/state/berth/history, except those that "
                + "begin with a space.",
            example: "BERTH_KEY=berth-... berth chat --model openai/gpt-4.1-mini"
        ) { given throws(UsageError) in .chat(try given.chatChoices()) },
        Verb(
            words: ["ask"],
            operands: "TEXT...",
            options: identities,
            summary: "Ask one question and print the answer.",
            details:
                "What stands on standard input, as from a pipe, is sent below the question. The "
                + "answer goes to standard output, and everything else to standard error. Ctrl-C "
                + "stops the answer. The exit status is 1 if there is no complete answer.",
            example: "git diff | berth ask --tenant anna \"review this change\""
        ) { given throws(UsageError) in
            .ask(try given.chatChoices(), text: given.operands.joined(separator: " "))
        },
    ]

    private static let identities = [
        Option(
            name: "--key",
            value: "KEY",
            summary: "a tenant's API key; better in the variable BERTH_KEY, which others on "
                + "this machine cannot see"
        ),
        Option(
            name: "--tenant",
            value: "NAME",
            summary: "chat as this tenant over the admin socket, without a key"
        ),
        Option(
            name: "--url",
            value: "URL",
            summary: "URL of the service (default: the configured one)"
        ),
        Option(
            name: "--model",
            value: "MODEL",
            summary: "default: berth, which means the configured models in order"
        ),
    ]
}

extension Given {
    fileprivate func chatChoices() throws(UsageError) -> ChatChoices {
        ChatChoices(
            identity: try identity(),
            url: try value("--url", .url),
            model: text("--model")
        )
    }

    /// The user of the conversation.
    ///
    /// Options have priority over the environment.
    private func identity() throws(UsageError) -> ChatChoices.Identity {
        let key = text("--key")
        if let tenant = text("--tenant") {
            guard key == nil else { throw error("--key and --tenant exclude each other: give one") }
            guard !has("--url") else {
                throw error("--tenant uses this machine's admin socket: --url needs a key instead")
            }
            return .tenant(tenant)
        }
        guard let key = key ?? variable("BERTH_KEY") else {
            throw error("'\(verb.name)' needs a key (BERTH_KEY or --key KEY) or --tenant NAME")
        }
        return .key(Secret(key))
    }
}
