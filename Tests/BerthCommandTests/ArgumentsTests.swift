import BerthConfig
import BerthTelemetry
import Testing

@testable import berth

/// A command line and the expected result.
struct Line<Expected: Sendable>: Sendable, CustomTestStringConvertible {
    let words: [String]
    let expected: Expected

    init(_ line: String, _ expected: Expected) {
        words = line.split(separator: " ").map(String.init)
        self.expected = expected
    }

    var testDescription: String { "berth " + words.joined(separator: " ") }
}

private func parse(
    _ words: [String],
    _ variables: [String: String] = [:]
) throws(UsageError) -> Invocation {
    try Arguments.parse(words, environment: { variables[$0] })
}

@Suite struct ArgumentsTests {
    private static let here = HostPort(host: "127.0.0.1", port: 9)

    static let good: [Line<Invocation>] = [
        Line("serve", Invocation(command: .serve(ServeChoices()))),
        Line("--config f serve", Invocation(config: "f", command: .serve(ServeChoices()))),
        Line("serve --config=f", Invocation(config: "f", command: .serve(ServeChoices()))),
        Line(
            "serve --listen 127.0.0.1:9 --log json --log-level debug",
            Invocation(
                command: .serve(ServeChoices(listen: here, format: .json, level: .debug))
            )
        ),
        Line(
            "chat --key k --url http://h --model m",
            Invocation(
                command: .chat(
                    ChatChoices(identity: .key(Secret("k")), url: WebURL("http://h"), model: "m")
                )
            )
        ),
        Line("files", Invocation(command: .files(nil))),
        Line("files --tenant a --json", Invocation(json: true, command: .files("a"))),
        Line("cleanup", Invocation(command: .cleanup(CleanupChoices()))),
        Line(
            "cleanup --apply --tenant a --older-than 7d",
            Invocation(
                command: .cleanup(CleanupChoices(apply: true, tenant: "a", olderThan: "7d"))
            )
        ),
        Line("chat --tenant a", Invocation(command: .chat(ChatChoices(identity: .tenant("a"))))),
        Line(
            "tenant add a --json",
            Invocation(json: true, command: .tenant(.add("a", display: nil)))
        ),
        Line("tenant add a --name É", Invocation(command: .tenant(.add("a", display: "É")))),
        Line("tenant rename a É é", Invocation(command: .tenant(.rename("a", display: "É é")))),
        Line("tenant rename a --none", Invocation(command: .tenant(.rename("a", display: nil)))),
        Line("tenant logins a", Invocation(command: .tenant(.logins("a")))),
        Line("tenant logout a l", Invocation(command: .tenant(.logout("a", login: "l")))),
        Line("--json tenant list", Invocation(json: true, command: .tenant(.list))),
        Line("tenant show a", Invocation(command: .tenant(.show("a")))),
        Line("tenant invite", Invocation(command: .tenant(.invite(nil)))),
        Line("tenant invite a", Invocation(command: .tenant(.invite("a")))),
        Line("tenant requests", Invocation(command: .tenant(.requests))),
        Line("tenant approve 3", Invocation(command: .tenant(.approve("3")))),
        Line("tenant decline 3", Invocation(command: .tenant(.decline("3")))),
        Line("tenant link a", Invocation(command: .tenant(.link("a")))),
        Line("tenant key a", Invocation(command: .tenant(.key("a")))),
        Line("tenant keys a --json", Invocation(json: true, command: .tenant(.keys("a")))),
        Line("tenant revoke a k", Invocation(command: .tenant(.revoke("a", key: "k")))),
        Line("tenant revoke a --all", Invocation(command: .tenant(.revoke("a", key: nil)))),
        Line("tenant logout a", Invocation(command: .tenant(.logout("a", login: nil)))),
        Line("tenant suspend a", Invocation(command: .tenant(.suspend("a")))),
        Line("tenant resume a", Invocation(command: .tenant(.resume("a")))),
        Line(
            "tenant remove -- -a",
            Invocation(command: .tenant(.remove("-a", isSure: false)))
        ),
        Line(
            "tenant remove anna --yes",
            Invocation(command: .tenant(.remove("anna", isSure: true)))
        ),
        Line("quota show", Invocation(command: .quota(.show(nil)))),
        Line("quota show a", Invocation(command: .quota(.show("a")))),
        Line(
            "quota set a memory=16MiB spend_per_month=0.5 files=default",
            Invocation(
                command: .quota(
                    .set(
                        "a",
                        [
                            QuotaChange(key: .memory, value: 16 << 20),
                            QuotaChange(key: .spendPerMonth, value: 500_000),
                            QuotaChange(key: .files, value: nil),
                        ]
                    )
                )
            )
        ),
        Line("queue", Invocation(command: .queue(.show))),
        Line("queue --json", Invocation(json: true, command: .queue(.show))),
        Line("--config f queue", Invocation(config: "f", command: .queue(.show))),
        Line("queue failed --json", Invocation(json: true, command: .queue(.failed))),
        Line("queue retry abc", Invocation(command: .queue(.retry("abc")))),
        Line("queue retry -- -a_b", Invocation(command: .queue(.retry("-a_b")))),
        Line("queue turns", Invocation(command: .queue(.turns))),
        Line("queue calls --json", Invocation(json: true, command: .queue(.calls))),
        Line("queue end abc --json", Invocation(json: true, command: .queue(.end("abc")))),
        Line("queue resume up/a/b", Invocation(command: .queue(.resume("up/a/b")))),
        Line("queue --help", Invocation(command: .help(["queue"]))),
        Line("help queue", Invocation(command: .help(["queue"]))),
        Line("help queue retry", Invocation(command: .help(["queue", "retry"]))),
        Line("cache stats --json", Invocation(json: true, command: .cache(.stats))),
        Line("cache flush", Invocation(command: .cache(.flush))),
        Line("cache warm", Invocation(command: .cache(.warm))),
        Line("help cache", Invocation(command: .help(["cache"]))),
        Line("config check", Invocation(command: .config(.check))),
        Line("config show --json", Invocation(json: true, command: .config(.show))),
        Line("doctor", Invocation(command: .doctor(asks: false))),
        Line("doctor --ask", Invocation(command: .doctor(asks: true))),
        Line("usage", Invocation(command: .usage(UsageChoices()))),
        Line("usage --days 30", Invocation(command: .usage(UsageChoices(days: 30)))),
        Line("usage --month --csv", Invocation(command: .usage(.init(isMonth: true, isCSV: true)))),
        Line("fake openai", Invocation(command: .fake(FakeChoices()))),
        Line("fake telegram", Invocation(command: .fake(FakeChoices(api: .telegram)))),
        Line(
            "fake telegram --no-floods",
            Invocation(command: .fake(FakeChoices(api: .telegram, hasFloods: false)))
        ),
        Line("fake anthropic", Invocation(command: .fake(FakeChoices(api: .anthropic)))),
        Line(
            "fake anthropic --listen 127.0.0.1:9 --tokens 7",
            Invocation(command: .fake(FakeChoices(api: .anthropic, listen: here, tokens: 7)))
        ),
        Line(
            "fake openai --listen 127.0.0.1:9 --delay-ms 5 --token-ms 6 --tokens 7",
            Invocation(
                command: .fake(
                    FakeChoices(
                        listen: here,
                        delay: .milliseconds(5),
                        gap: .milliseconds(6),
                        tokens: 7
                    )
                )
            )
        ),
        Line("version", Invocation(command: .version)),
        Line("--version", Invocation(command: .version)),
        Line("-v --json", Invocation(json: true, command: .version)),
        Line("", Invocation(command: .help([]))),
        Line("help", Invocation(command: .help([]))),
        Line("--help", Invocation(command: .help([]))),
        Line("help tenant", Invocation(command: .help(["tenant"]))),
        Line("help tenant add", Invocation(command: .help(["tenant", "add"]))),
        Line("tenant --help", Invocation(command: .help(["tenant"]))),
        Line("tenant add -h", Invocation(command: .help(["tenant", "add"]))),
        Line("-h serve", Invocation(command: .help(["serve"]))),
        Line("serve --listen nonsense --help", Invocation(command: .help(["serve"]))),
    ]

    @Test(arguments: good)
    func `a right line is understood`(_ line: Line<Invocation>) throws {
        #expect(try parse(line.words) == line.expected)
    }

    static let wrong: [Line<String>] = [
        Line("srve", "unknown verb 'srve': did you mean 'serve'?"),
        Line(
            "xyzzy",
            "unknown verb 'xyzzy': known here: serve, chat, ask, tenant, quota, memory, files, "
                + "cleanup, queue, cache, config, doctor, usage, simulate, fake, version, help, admin, backup, "
                + "restore"
        ),
        Line(
            "cleanup --older-than soon",
            "--older-than: 'soon' is not a time such as 12h or 7d"
        ),
        Line("backup x", "'backup' is not in this build yet"),
        Line("help backup", "'backup' is not in this build yet"),
        Line("--json", "name a verb, such as: berth serve"),
        Line("--config", "name a verb, such as: berth serve"),
        Line(
            "tenant",
            "'tenant' needs an action, one of: add, rename, list, show, invite, link, key, "
                + "keys, revoke, requests, approve, decline, logins, logout, suspend, resume, "
                + "remove"
        ),
        Line("cache", "'cache' needs an action, one of: stats, flush, warm"),
        Line("queue retry", "'queue retry' needs ID: berth queue retry ID [--json]"),
        Line("queue faild", "unknown 'queue faild': did you mean 'failed'?"),
        Line("queue --json failed", "'queue' does not take 'failed': berth queue [--json]"),
        Line("tenant ad x", "unknown 'tenant ad': did you mean 'add'?"),
        Line("help tenant lst", "unknown 'tenant lst': did you mean 'list'?"),
        Line("tenant add", "'tenant add' needs NAME: berth tenant add NAME [--name TEXT] [--json]"),
        Line("tenant rename a", "'tenant rename' needs either TEXT or --none"),
        Line("tenant rename a b --none", "'tenant rename' needs either TEXT or --none"),
        Line("usage --days 3 --month", "--days and --month exclude each other: give one"),
        Line("usage --csv --json", "--csv and --json exclude each other: give one"),
        Line("tenant revoke a", "'tenant revoke' needs either KEY or --all"),
        Line("tenant revoke a k --all", "'tenant revoke' needs either KEY or --all"),
        Line(
            "tenant add a b",
            "'tenant add' does not take 'b': berth tenant add NAME [--name TEXT] [--json]"
        ),
        Line("serve --lisen x", "unknown option '--lisen' of 'serve': did you mean '--listen'?"),
        Line(
            "serve --json",
            "unknown option '--json' of 'serve': known here: --listen, --log, "
                + "--log-level, --config, --help"
        ),
        Line("serve --listen", "--listen needs a value: --listen ADDRESS"),
        Line("serve --listen --log json", "--listen needs a value: --listen ADDRESS"),
        Line("serve --listen=", "--listen needs a value: --listen ADDRESS"),
        Line(
            "serve --listen 9",
            "--listen: '9' is not an address and port of this machine, such as 127.0.0.1:8080, "
                + "0.0.0.0:80 or [::1]:8080"
        ),
        Line("serve --log xml", "--log: 'xml' is not one of text, json"),
        Line(
            "serve --log-level loud",
            "--log-level: 'loud' is not one of debug, info, warning, error"
        ),
        Line("doctor --json --json", "--json is given twice"),
        Line("doctor --json=yes", "--json takes no value"),
        Line("usage --days 0", "--days: '0' is not a whole number from 1 to 366"),
        Line(
            "memory --tenant a --limit 1GiB",
            "--tenant and --limit exclude each other: give one"
        ),
        Line("memory --watch --limit 1GiB", "--limit cannot be combined with --watch"),
        Line(
            "memory --limit much",
            "--limit: 'much' is not a size from 0B to 1TiB, such as 64KiB, 16MiB or 1GiB"
        ),
        Line("chat", "'chat' needs a key (BERTH_KEY or --key KEY) or --tenant NAME"),
        Line("ask hello", "'ask' needs a key (BERTH_KEY or --key KEY) or --tenant NAME"),
        Line(
            "ask --tenant a",
            "'ask' needs TEXT...: berth ask TEXT... [--key KEY] [--tenant NAME] [--url URL] "
                + "[--model MODEL] [--json]"
        ),
        Line("ask --tenant a --key k x", "--key and --tenant exclude each other: give one"),
        Line("chat --key k --tenant a", "--key and --tenant exclude each other: give one"),
        Line(
            "chat --tenant a --url http://h",
            "--tenant uses this machine's admin socket: --url needs a key instead"
        ),
        Line(
            "quota set a",
            "'quota set' needs KEY=VALUE...: berth quota set NAME KEY=VALUE... [--json]"
        ),
        Line("quota set a files", "'files' is not KEY=VALUE, such as requests_per_day=500"),
        Line("quota set a file=1", "unknown quota 'file': did you mean 'files'?"),
        Line("quota set a files=1 files=2", "files is given twice"),
        Line(
            "quota set a files=x",
            "files: 'x' is not a whole number from 0 to 1000000, nor default"
        ),
    ]

    @Test(arguments: wrong)
    func `a wrong line says what is allowed`(_ line: Line<String>) {
        let error = #expect(throws: UsageError.self) { try parse(line.words) }
        #expect(error?.text == line.expected)
    }

    @Test func `a key may come from the environment and an option goes first`() throws {
        let variables = ["BERTH_KEY": "e"]
        let key = Command.chat(ChatChoices(identity: .key(Secret("e"))))
        #expect(try parse(["chat"], variables).command == key)
        let tenant = Command.chat(ChatChoices(identity: .tenant("a")))
        #expect(try parse(["chat", "--tenant", "a"], variables).command == tenant)
    }

    @Test func `the words of a question are one text`() throws {
        let choices = ChatChoices(identity: .tenant("a"), model: "m")
        let line = ["ask", "why", "--model", "m", "is", "--tenant", "a", "--", "-1", "so?"]
        #expect(try parse(line).command == .ask(choices, text: "why is -1 so?"))
    }

    @Test func `an error points to the verb's help`() {
        let error = #expect(throws: UsageError.self) { try parse(["quota", "set", "a", "b"]) }
        #expect(error?.description.hasSuffix("\nTry: berth help quota set") == true)
    }
}

@Suite struct HelpTests {
    @Test func `no line is longer than 80 columns`() {
        let topics = [[]] + Verb.all.map(\.words) + Verb.firstWords.map { [$0] }
        for topic in topics {
            for line in Help.text(topic).split(separator: "\n") { #expect(line.count <= 80) }
        }
    }

    @Test func `the overview names every verb`() {
        let text = Help.text([])
        for verb in Verb.all { #expect(text.contains("\n  \(verb.name)")) }
    }

    @Test func `a verb that stands alone is explained with those that follow it`() {
        let text = Help.text(["queue"])
        #expect(text.contains("\nUsage: berth queue [--json]\n"))
        #expect(text.contains("\n  berth queue retry ID"))
        #expect(!Help.text(["queue", "failed"]).contains("queue retry ID"))
    }

    @Test(arguments: Verb.all.map(\.words))
    func `every example is a line that is understood`(_ words: [String]) throws {
        let verb = try #require(Verb.all.first { $0.words == words })
        let line = verb.example.split(separator: " ").map(String.init)
        let start = try #require(line.firstIndex(of: "berth"))
        _ = try parse(Array(line[(start + 1)...]), ["BERTH_KEY": "k"])
        #expect(Help.text(words).contains("\nExample:\n  \(verb.example)\n"))
        #expect(line.dropFirst(start + 1).starts(with: words))
    }
}
