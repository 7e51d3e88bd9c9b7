import BerthConfig
import Testing

@Suite struct RefusalTests {
    static let values: [Case] = [
        Case(
            "lisen: 1",
            "f.yaml:1: unknown key 'lisen': did you mean 'listen'?"
        ),
        Case(
            "limits:\n  zzz: 1",
            "f.yaml:2: limits: unknown key 'zzz': known here: tenants, body, connections, "
                + "connections_per_address, connections_per_tenant"
        ),
        Case(
            "trusted_proxies: 127.0.0.1",
            "f.yaml:1: trusted_proxies: must be a list ([ VALUE, VALUE ]), not a single value"
        ),
        Case(
            "trusted_proxies: [10.0.0.0/8, localhost]",
            "f.yaml:1: trusted_proxies: 'localhost' is not an IP address, a CIDR block such as "
                + "10.0.0.0/8 or fd00::/8, or unix"
        ),
        Case(
            "listen: 8080",
            "f.yaml:1: listen: '8080' is not an address and port of this machine, "
                + "such as 127.0.0.1:8080, 0.0.0.0:80 or [::1]:8080"
        ),
        Case(
            "url: https://a.example/x",
            "f.yaml:1: url: 'https://a.example/x' is not an http:// or https:// URL of a host, "
                + "without path, such as https://chat.example.org"
        ),
        Case(
            "timezone: Mars/Base",
            "f.yaml:1: timezone: 'Mars/Base' is not a time zone of /usr/share/zoneinfo, "
                + "such as UTC or Europe/Paris (package tzdata)"
        ),
        Case(
            "memory: { limit: lots }",
            "f.yaml:1: memory.limit: 'lots' is not a size from 16MiB to 1TiB, "
                + "such as 64KiB, 16MiB or 1GiB"
        ),
        Case(
            "memory: 128MiB",
            "f.yaml:1: memory: must be a group of keys (key: value), not a single value"
        ),
        Case(
            "limits: { tenants: 0 }",
            "f.yaml:1: limits.tenants: '0' is not a whole number from 1 to 1000"
        ),
        Case(
            "access: everyone",
            "f.yaml:1: access: 'everyone' is not one of invite, approve, open"
        ),
        Case(
            "access: [open]",
            "f.yaml:1: access: must be one of invite, approve, open, not a list"
        ),
        Case(
            "files: { keep: 30 }",
            "f.yaml:1: files.keep: '30' is not a time from 1h to 3650d, such as 45s, 10m, 1h or 30d"
        ),
        Case(
            "files: { high_water: 80 }",
            "f.yaml:1: files.high_water: '80' is not a percentage from 10% to 99%, such as 80%"
        ),
        Case(
            "files: { high_water: 60%, low_water: 60% }",
            "f.yaml:1: files.low_water: low_water (60%) must be less than high_water (60%)"
        ),
        Case(
            "quotas: { spend_per_month: 0.0000001 }",
            "f.yaml:1: quotas.spend_per_month: '0.0000001' is not an amount in dollars "
                + "from 0 to 1000000.00 with at most 6 decimals, such as 0.40"
        ),
        Case(
            "quotas: { memory: 1GiB }",
            "f.yaml:1: quotas.memory: 1GiB is more than the whole of memory.limit "
                + "(128MiB, a test's machine): choose less"
        ),
        Case(
            "cache: { scope: all }",
            "f.yaml:1: cache.scope: 'all' is not one of safe, shared, tenant, off"
        ),
        Case(
            "cache: { common: 1 }",
            "f.yaml:1: cache.common: must be 0 (never) or a number of tenants from 2 to 10"
        ),
        Case(
            "cache: { common: 11 }",
            "f.yaml:1: cache.common: '11' is not a whole number from 0 to 10"
        ),
        Case(
            "cache: { max_temperature: 3 }",
            "f.yaml:1: cache.max_temperature: '3' is not a number from 0.0 to 2.0"
        ),
        Case(
            "redis: { url: http://x }",
            "f.yaml:1: redis.url: 'http://x' is not a Redis address, "
                + "such as redis://127.0.0.1:6379/0 or unix:/run/redis/redis.sock"
        ),
        Case(
            "system: ${NOPE}",
            "f.yaml:1: system: environment variable NOPE is not set: export it, "
                + "or write ${NOPE:-text} for a default"
        ),
        Case(
            "system: ${A B}",
            "f.yaml:1: system: a ${ that begins no variable: write ${NAME} or ${NAME:-text}, "
                + "or $${ for the text ${"
        ),
        Case(
            "telegram: { mode: polling }",
            "f.yaml:1: telegram: the key 'token' is missing: a bot token from @BotFather: "
                + "digits, a colon, letters and digits"
        ),
        Case(
            "telegram: { token: '1:a', mode: webhook, secret: s }",
            "f.yaml:1: telegram: mode webhook needs a public https:// address in 'url' "
                + "that Telegram can reach; or choose mode polling"
        ),
        Case(
            "telegram: [ { token: '1:a' }, { token: '1:b', name: x } ]",
            "f.yaml:1: telegram[1].token: two bots have one token: only one can receive updates"
        ),
        Case(
            "telegram: [ { token: '1:a', name: x }, { token: '2:b', name: x } ]",
            "f.yaml:1: telegram[1].name: two bots are called 'x'"
        ),
        Case(
            "telegram: { token: '01:a' }",
            "f.yaml:1: telegram.token: this is not a bot token from @BotFather: digits, a colon, "
                + "letters and digits"
        ),
        Case(
            "telegram: { token: '1:a', limits: { per_second: 0 } }",
            "f.yaml:1: telegram.limits.per_second: '0' is not a whole number from 1 to 1000"
        ),
        Case(
            "telegram: { token: '1:a', stream: live }",
            "f.yaml:1: telegram.stream: 'live' is not one of drafts, edits, off"
        ),
        Case(
            "url: https://a.example\ntelegram: { token: '1:a', mode: webhook }",
            "f.yaml:2: telegram: mode webhook needs 'secret': 1 to 256 letters, digits, _ and - "
                + "that only Telegram and Berth know"
        ),
    ]

    @Test(arguments: values)
    func `a wrong value is named with its line and what is allowed`(_ row: Case) {
        #expect(complaint(row.text) == row.expected)
    }

    static let providers: [Case] = [
        Case(
            "providers: { name: a }",
            "f.yaml:1: providers: must be a list (- { key: value }), not a group of keys"
        ),
        Case(
            "providers:\n  - { name: a, kind: opnai, base_url: http://h }",
            "f.yaml:2: providers[0].kind: 'opnai' is not one of openai (also for servers with the "
                + "same API, such as Ollama, llama.cpp, vLLM, OpenRouter and Groq), anthropic, fal"
        ),
        Case(
            "providers:\n  - { name: a, kind: fal }",
            "f.yaml:2: providers[0]: https://queue.fal.run (kind fal) needs the key 'api_key', "
                + "such as \"${FAL_KEY}\", or the base_url of another server"
        ),
        Case(
            "providers:\n  - { kind: fal, api_key: k }",
            "f.yaml:2: providers[0]: the key 'name' is missing: a name of 1 to 32 letters, "
                + "digits, . _ and -, and neither demo nor berth"
        ),
        Case(
            "providers:\n  - { name: a, kind: fal, api_key: k }\n"
                + "  - { name: a, kind: fal, api_key: k }",
            "f.yaml:3: providers[1].name: 'a' is taken by a provider above"
        ),
        Case(
            "providers:\n  - { name: a, kind: openai, api_key: k }",
            "f.yaml:1: providers: no model of 'a' is under 'models': "
                + "add models: { chat: [ { provider: a, model: NAME } ] }"
        ),
        Case(
            "models: { chat: [ { provider: a, model: m } ] }",
            "f.yaml:1: models.chat[0].provider: there is no provider 'a' under 'providers'"
        ),
    ]

    static let models: [Case] = [
        Case(
            "{ provider: loca, model: m }",
            "f.yaml:5: models.chat[0].provider: there is no provider 'loca' under 'providers': "
                + "did you mean 'local'?"
        ),
        Case(
            "{ provider: local }",
            "f.yaml:5: models.chat[0]: the key 'model' is missing: "
                + "a model's name: 1 to 200 visible ASCII characters, no space"
        ),
        Case(
            "{ provider: pics, model: m }",
            "f.yaml:5: models.chat[0].provider: 'pics' is of kind fal, which cannot answer chats"
        ),
        Case(
            "{ provider: local, model: m, price: { input: 1 } }",
            "f.yaml:5: models.chat[0].price: the key 'output' is missing: an amount in dollars "
                + "from 0 to 100000.00 with at most 6 decimals, such as 0.40"
        ),
        Case(
            "{ provider: local, model: m, price: { input: 1, output: 2, cached_input: 1.5 } }",
            "f.yaml:5: models.chat[0].price.cached_input: 1.50 must be at most input (1.00): "
                + "tokens from a cache cost less"
        ),
        Case(
            "{ provider: local, model: m, price: { input: 1, output: 2, cached: 0.5 } }",
            "f.yaml:5: models.chat[0].price: unknown key 'cached': known here: input, output, "
                + "cached_input, cache_write, cache_write_1h"
        ),
        Case(
            "{ provider: local, model: m, price: { input: 1, output: 2, cache_write: free } }",
            "f.yaml:5: models.chat[0].price.cache_write: 'free' is not an amount in dollars "
                + "from 0 to 100000.00 with at most 6 decimals, such as 0.40"
        ),
        Case(
            "{ provider: local, model: m, context: 4096, output: 4096 }",
            "f.yaml:5: models.chat[0].output: output (4096) must be less than context (4096), "
                + "which holds the prompt too"
        ),
        Case(
            "{ provider: local, model: m },\n{ provider: local, model: m }",
            "f.yaml:6: models.chat[1].model: is listed above already"
        ),
    ]

    @Test func `a provider of pictures alone needs no chat model`() throws {
        let text = """
            providers: [ { name: a, kind: openai, api_key: k }, { name: f, kind: fal, api_key: k } ]
            models: { image: [ { provider: a, model: i, price: { image: 0.04 } },
              { provider: f, model: x/y } ] }
            """
        let file = try parse(text)
        #expect(file.unused.isEmpty)
        #expect(file.configuration.imageModels.map(\.model) == ["i", "x/y"])
        #expect(file.configuration.usesDemo)
    }

    @Test func `a provider of transcriptions alone needs no chat model`() throws {
        let text = """
            providers: [ { name: a, kind: openai, api_key: k } ]
            models: { transcription: [ { provider: a, model: whisper-1 } ] }
            """
        let file = try parse(text)
        #expect(file.configuration.speechModels == [.init(provider: "a", model: "whisper-1")])
        #expect(file.configuration.usesDemo)
    }

    @Test func `a provider of embeddings alone needs no chat model`() throws {
        let text = """
            providers: [ { name: a, kind: openai, api_key: k } ]
            models: { embeddings: [ { provider: a, model: e, price: { input: 0.02 },
              pass: [service_tier] }, { provider: a, model: f } ] }
            """
        let models = try parse(text).configuration.embeddingModels
        #expect(models.map(\.model) == ["e", "f"])
        #expect(models.map(\.price) == [Money(micros: 20_000), nil])
        #expect(models[0].pass == ["service_tier"])
    }

    @Test(arguments: [
        ("{ provider: pics, model: m }", "provider: 'pics' is of kind fal, which cannot"),
        ("{ provider: claude, model: m }", "provider: 'claude' is of kind anthropic, which cannot"),
    ])
    func `a provider that cannot make embeddings is named`(item: String, words: String) {
        let text = """
            providers:
              - { name: pics, kind: fal, api_key: k }
              - { name: claude, kind: anthropic, api_key: k }
            models: { chat: [ { provider: claude, model: c } ], embeddings: [
            \(item) ] }
            """
        let expected = "f.yaml:5: models.embeddings[0].\(words) make embeddings"
        #expect(complaint(text) == expected)
    }

    @Test(arguments: [
        ("[ \"*\" ]", ["*"]), ("[ https://App.example/ ]", ["https://app.example"]),
        (
            "[ http://localhost:3000, https://a.example:443 ]",
            ["http://localhost:3000", "https://a.example"]
        ),
        (
            "[ app://obsidian.md, chrome-extension://abcdef ]",
            ["app://obsidian.md", "chrome-extension://abcdef"]
        ),
    ])
    func `origins are read as browsers send them`(list: String, origins: [String]) throws {
        #expect(try parse("cors: \(list)").configuration.cors == origins)
    }

    @Test(arguments: [
        "app.example", "https://a.example/path", "https://", "http:a", "null", "//a", "a://b/c",
        "ftp", "https://u@a.example", "*.example.org",
    ])
    func `what is no origin is refused`(text: String) {
        #expect(complaint("cors: [ \"\(text)\" ]").contains("the origin of a page"))
    }

    @Test(arguments: [
        ("{ provider: pics, model: m }", "provider: 'pics' is of kind fal, which cannot"),
        ("{ provider: claude, model: m }", "provider: 'claude' is of kind anthropic, which cannot"),
    ])
    func `a provider that cannot transcribe is named`(item: String, words: String) {
        let text = """
            providers:
              - { name: pics, kind: fal, api_key: k }
              - { name: claude, kind: anthropic, api_key: k }
            models: { chat: [ { provider: claude, model: c } ], transcription: [
            \(item) ] }
            """
        let expected = "f.yaml:5: models.transcription[0].\(words) transcribe recordings"
        #expect(complaint(text) == expected)
    }

    @Test(arguments: providers)
    func `a wrong provider is named`(_ row: Case) {
        #expect(complaint(row.text) == row.expected)
    }

    @Test(arguments: models)
    func `a wrong model is named`(_ row: Case) {
        let text = """
            providers:
              - { name: local, kind: openai, base_url: http://127.0.0.1:11434/v1 }
              - { name: pics, kind: fal, api_key: k }
            models: { chat: [
            \(row.text)
            ] }
            """
        #expect(complaint(text) == row.expected)
    }

    @Test func `everything that is wrong is said at once, in the file's order`() {
        let text = "cache: { ttl: soon }\nlisten: here\nfoo: 1\naccess: no"
        let lines = complaint(text).split(separator: "\n").map { String($0.prefix(9)) }
        #expect(lines == ["f.yaml:1:", "f.yaml:2:", "f.yaml:3:", "f.yaml:4:"])
    }

    @Test func `after twenty issues the rest is counted`() {
        let text = (0..<25).map { "k\($0): 1" }.joined(separator: "\n")
        let lines = complaint(text).split(separator: "\n")
        #expect(lines.count == 21)
        #expect(lines.last == "and 5 more")
    }
}
