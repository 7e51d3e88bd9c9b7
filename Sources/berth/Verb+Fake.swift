import BerthConfig
import BerthMemory
import BerthTelemetry
import BerthText

extension Verb {
    /// The verbs of `berth fake`.
    static let fakes = [
        fake(.openai, "OpenAI"), fake(.anthropic, "Anthropic"), fake(.fal, "fal"),
        fakeTelegram,
    ]

    private static let fakeTelegram = Verb(
        words: ["fake", FakeChoices.API.telegram.rawValue],
        options: [
            Option(
                name: "--listen",
                value: "ADDRESS",
                summary: "default: 127.0.0.1:8090; the kernel chooses a port if it is 0"
            ),
            Option(
                name: "--no-floods",
                value: nil,
                summary: "never refuse a call because of its rate"
            ),
        ],
        reads: false,
        summary: "Run a fake Telegram, for tests and to try a bot without an account.",
        details:
            "Its address is the key api_base of a bot, whose token is any number and any word, "
            + "such as 42:fake. GET /control lists the pages that bring in messages, ask for "
            + "faults and show what the bot has sent.",
        example: "berth fake telegram --listen 127.0.0.1:8090"
    ) { given throws(UsageError) in
        var choices = FakeChoices(api: .telegram)
        choices.listen = try given.value("--listen", .address) ?? choices.listen
        choices.hasFloods = !given.has("--no-floods")
        return .fake(choices)
    }

    private static func fake(_ api: FakeChoices.API, _ vendor: String) -> Verb {
        Verb(
            words: ["fake", api.rawValue],
            options: [
                Option(
                    name: "--listen",
                    value: "ADDRESS",
                    summary: "default: 127.0.0.1:8090; the kernel chooses a port if it is 0"
                ),
                Option(
                    name: "--delay-ms",
                    value: "N",
                    summary: api == .fal
                        ? "milliseconds of a job in the queue (default: 0)"
                        : "milliseconds before the first token (default: 0)"
                ),
                Option(
                    name: "--token-ms",
                    value: "N",
                    summary: api == .fal
                        ? "milliseconds of a tenth of a job's work (default: 0)"
                        : "milliseconds between tokens (default: 0)"
                ),
                Option(name: "--tokens", value: "N", summary: "tokens in an answer (default: 20)"),
            ],
            reads: false,
            summary: "Run a fake \(vendor) server, for tests and benchmarks.",
            details: "GET /counts returns the requests that it has received, as JSON."
                + (api == .anthropic ? "" : pictureDetails(api)),
            example: "berth fake \(api) --listen 127.0.0.1:8090 --delay-ms 200 --token-ms 20"
        ) { given throws(UsageError) in
            .fake(try choices(of: api, given))
        }
    }

    private static func pictureDetails(_ api: FakeChoices.API) -> String {
        api == .fal
            ? " GET /jobs returns the jobs that were taken, cancelled and fetched. A part of the "
                + "model's name selects a fault, such as fake/flux/lost-reply, fake/flux/never, "
                + "fake/flux/policy, fake/flux/failed-job or, of a download, fake/flux/cut, "
                + "fake/flux/endless and fake/flux/redirect-private."
            : " It makes pictures too. The name of a model selects a fault, such as not-base64, "
                + "cut-base64, url-html, url-endless or url-redirect-private."
    }

    private static func choices(
        of api: FakeChoices.API,
        _ given: Given
    ) throws(UsageError) -> FakeChoices {
        let usual = FakeChoices()
        let delay = try given.value("--delay-ms", .integer(0...600_000)) ?? 0
        let gap = try given.value("--token-ms", .integer(0...600_000)) ?? 0
        return FakeChoices(
            api: api,
            listen: try given.value("--listen", .address) ?? usual.listen,
            delay: .milliseconds(delay),
            gap: .milliseconds(gap),
            tokens: try given.value("--tokens", .integer(1...1_000_000)) ?? usual.tokens
        )
    }
}
