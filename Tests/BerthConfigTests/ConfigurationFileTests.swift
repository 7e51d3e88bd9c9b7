import BerthConfig
import BerthMemory
import BerthTestKit
import Testing

@Suite struct ConfigurationFileTests {
    private static let example: String = {
        let folder = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        return "/\(folder)/config/berth.yaml"
    }()

    private func load(
        _ path: String?,
        _ variables: [String: String] = [:]
    ) throws(ConfigurationError) -> ConfigurationFile {
        try ConfigurationFile.load(
            path: path,
            environment: { variables[$0] },
            memory: testMemory
        )
    }

    @Test func `the commented example behaves like no file`() throws {
        let file = try load(Self.example)
        #expect(file.configuration == Configuration(memory: testMemory))
        #expect(file.unused.isEmpty)
    }

    @Test func `every commented-out section of the example is right`() throws {
        let bytes = try #require(TextFile.small(Self.example))
        // A commented-out key begins right after the #, or is indented below one that does.
        let lines = bytes.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            line.hasPrefix("#") && !line.hasPrefix("# ") || line.hasPrefix("#  ")
                ? line.dropFirst() : line
        }
        let file = try parse(
            lines.joined(separator: "\n"),
            [
                "OPENAI_API_KEY": "k1", "ANTHROPIC_API_KEY": "k2", "FAL_KEY": "k3",
                "TELEGRAM_BOT_TOKEN": "42:abc",
            ]
        )
        let configuration = file.configuration
        #expect(configuration.providers.map(\.name) == ["openai", "local", "claude", "fal"])
        #expect(configuration.chatModels.map(\.model).first == "gpt-4.1-mini")
        #expect(configuration.chatModels.first?.price?.output == Money(micros: 1_600_000))
        #expect(configuration.chatModels.first?.price?.cachedInput == Money(micros: 100_000))
        #expect(configuration.chatModels[1].price?.cacheWriteHour == Money(micros: 2_000_000))
        #expect(configuration.chatModels.map(\.vision) == [true, true, false])
        #expect(configuration.imageModels.first?.price == Money(micros: 3_000))
        #expect(configuration.imageModels.first?.prompt == .english)
        #expect(
            configuration.speechModels == [
                .init(
                    provider: "openai",
                    model: "gpt-4o-mini-transcribe",
                    price: Money(micros: 3_000)
                )
            ]
        )
        #expect(configuration.telegram.map(\.token) == [Secret("42:abc")])
        #expect(configuration.redis == RedisAddress("redis://127.0.0.1:6379/0"))
        #expect(configuration.memory.source == "memory.limit")
        #expect(file.unused.isEmpty)
    }

    private static let secrets = """
        redis: { url: "redis://:hunter2@h" }
        telegram: { token: "42:hunter2" }
        system: "say ${b} \\"x\\""
        providers:
          - { name: a, kind: openai, api_key: "${KEY}", base_url: "https://h/v1" }
          - { name: b, kind: openai, api_key: hunter2 }
        models:
          chat: [ { provider: a, model: m, price: { input: 0.4, output: 1 } } ]
          image: [ { provider: a, model: i, prompt: english }, { provider: a, model: j } ]
        """

    @Test func `secrets are not shown, and say which variable they come from`() throws {
        let file = try parse(Self.secrets, ["KEY": "hunter2", "b": "${c}"])
        #expect(!file.yaml.contains("hunter2"))
        #expect(!file.json.contains("hunter2"))
        #expect(!"\(file)".contains("hunter2"))
        var dumped = ""
        dump(file.configuration, to: &dumped)
        #expect(!dumped.contains("hunter2"))
        #expect(file.yaml.contains("api_key: \"***\"  # from ${KEY}\n"))
        #expect(file.yaml.contains("prompt: english\n"))
        #expect(file.yaml.contains("# prompt: sent as it was written\n"))
        #expect(file.configuration.providers[0].apiKey?.reveal() == "hunter2")
    }

    @Test func `url is one address or a list, of which links use the first`() throws {
        let one = try parse("url: https://a.example").configuration
        #expect(one.urls == [WebURL("https://a.example")])
        let file = try parse("url: [https://a.example, 'http://192.168.1.5:8080']")
        let several = file.configuration
        #expect(several.url == WebURL("https://a.example") && several.hasOwnURL)
        #expect(several.otherURLs == [WebURL("http://192.168.1.5:8080")])
        #expect(file.json.contains(#""url":["https://a.example","http://192.168.1.5:8080"]"#))
        for (text, words) in [
            ("url: []", "needs at least one URL"),
            ("url: [a]", "'a' is not an http:// or https://"),
            ("url: [https://a.example/x]", "is not an http:// or https:// URL of a host"),
            ("url: { a: b }", "must be an http:// or https:// URL"),
            (
                "url: [\(Array(repeating: "'http://a'", count: 17).joined(separator: ","))]",
                "at most 16"
            ),
        ] { #expect(complaint(text).contains(words), "\(text)") }
    }

    @Test func `every address without a url is a warning`() throws {
        for listen in ["0.0.0.0:80", "[::]:80"] {
            let warnings = try parse("listen: '\(listen)'").configuration.warnings
            #expect(warnings.count == 1 && warnings[0].contains("url is not set"))
            let named = try parse("listen: '\(listen)'\nurl: http://a").configuration.warnings
            #expect(named.isEmpty)
        }
        var given = try parse("").configuration
        #expect(given.warnings.isEmpty)
        given.listen(on: HostPort(host: "0.0.0.0", port: 80))
        #expect(given.warnings.count == 1)
    }

    @Test func `each provider has its own times`() throws {
        let text = """
            providers:
              - { name: a, kind: openai, base_url: "http://a/v1", timeout: { first: 5m, next: 2s } }
              - { name: b, kind: openai, base_url: "http://b/v1" }
            models: { chat: [ { provider: a, model: m } ] }
            """
        let times = try parse(text).configuration.providers.map(\.timeout)
        #expect(times.map(\.first) == [.seconds(300), .seconds(120)])
        #expect(times.map(\.next) == [.seconds(2), .seconds(60)])
        #expect(times.map(\.whole) == [.seconds(600), .seconds(600)])
        let wrong = [
            ("first: 5m", "first", "0s"), ("next: 2s", "next", "61m"), ("first: 5m", "whole", "x"),
        ]
        for (right, key, value) in wrong {
            let error = complaint(text.replacing(right, with: "\(key): \(value)"))
            #expect(error.contains("providers[0].timeout.\(key): '\(value)' is not a time"))
        }
    }

    @Test func `each provider has its own quirks`() throws {
        let text = """
            providers:
              - name: a
                kind: openai
                base_url: "http://a/v1"
                quirks: { output_limit: max_completion_tokens, without: [user, stream_options] }
              - { name: b, kind: openai, base_url: "http://b/v1" }
              - { name: c, kind: openai, base_url: "http://c/v1", quirks: { output_limit: none } }
            models: { chat: [ { provider: a, model: m } ] }
            """
        let quirks = try parse(text).configuration.providers.map(\.quirks)
        #expect(quirks.map(\.outputLimit) == [.maxCompletionTokens, nil, Quirks.OutputLimit.none])
        #expect(quirks.map(\.without) == [[.streamOptions, .user], [], []])
        #expect(quirks.map(\.isEmpty) == [false, true, false])
        let wrong = [
            (
                "max_completion_tokens", "max_token",
                "quirks.output_limit: 'max_token' is not one of"
            ),
            ("[user, ", "[seed, ", "quirks.without: 'seed' is not one of stream_options"),
        ]
        for (right, value, words) in wrong {
            #expect(complaint(text.replacing(right, with: value)).contains(words))
        }
        let claude = text.replacing(
            "name: a\n    kind: openai",
            with: "name: a\n    kind: anthropic"
        )
        #expect(complaint(claude).contains("the Messages API knows max_tokens alone"))
    }

    @Test func `what is shown reads back as the same`() throws {
        let shown = try parse(Self.secrets, ["KEY": "k", "b": "${c}"]).yaml
        let again = shown.replacing("token: \"***\"", with: "token: '1:a'")
            .replacing("redis://***@", with: "redis://:p@")
        #expect(
            try parse(again).yaml.replacing("  # default", with: "")
                == shown.replacing("  # from ${KEY}", with: "").replacing("  # default", with: "")
                .replacing(": a test's machine", with: "")
        )
    }

    static let leaks = [
        "api_key:hunter2", "{ api_key:hunter2 }", "{ providers: [ { api_key:hunter2 } ] }",
        "redis: { url: \"redis://x:hunter2@h:bad\" }", "redis: { url: \"x:hunter2@h\" }",
        "url: https://u:hunter2@h", "system: { a: hunter2 }", "providers: [ hunter2 ]",
        "providers: hunter2", "providers: [ { name: a, kind: openai, api_key: \"hunter2 \" } ]",
        "telegram: { token: hunter2 }", "listen: ${KEY}", "access: \"x${KEY}\"",
        "providers: [ { name: a, kind: openai, api_key: [ hunter2 ] } ]",
        "providers: [ { name: a, kind: openai, api_key: { x: hunter2 } } ]",
        "telegram: { secret: \"hunter2!\" }", "api_key: !hunter2", "api_key: &hunter2 x",
        "\"hunter2",
    ]

    @Test(arguments: leaks)
    func `a secret in a wrong place is not repeated`(_ text: String) {
        let words = complaint(text, ["KEY": "hunter2"])
        #expect(!words.isEmpty)
        #expect(!words.contains("hunter2"))
    }

    @Test func `without a file everything is a default and says so`() throws {
        let file = try ConfigurationFile.parse(
            [],
            file: nil,
            environment: { _ in nil },
            memory: testMemory
        )
        #expect(file.path == nil)
        #expect(file.configuration.usesDemo)
        #expect(file.yaml == Self.defaults)
        #expect(
            file.json.hasPrefix("{\"listen\":\"127.0.0.1:8080\",\"url\":\"http://127.0.0.1:8080\"")
        )
        #expect(file.json.contains("\"memory\":{\"limit\":134217728}"))
        #expect(file.json.contains("\"redis\":null"))
        #expect(file.json.contains("\"ttl\":3600"))
    }

    private static let defaults = """
        listen: 127.0.0.1:8080  # default
        url: http://127.0.0.1:8080  # default
        # trusted_proxies: none: each client has its connection's address
        # cors: none: pages of other origins cannot use the API
        timezone: UTC  # default
        system: ""  # default
        data: ./data  # default
        memory:
          limit: 128MiB  # default: a test's machine
        limits:
          tenants: 50  # default
          body: 4MiB  # default
          connections: 1200  # default
          connections_per_address: 100  # default
          connections_per_tenant: 400  # default
        access: invite  # default
        # redis: not set: the in-process cache alone
        # telegram: not set: no Telegram
        # providers: none: the built-in demo provider
        price_ceiling:
          input: 20.00  # default
          output: 80.00  # default
          image: 0.50  # default
          minute: 0.05  # default
        models:
          # chat: none: the built-in demo model
          # image: none: the built-in demo's pictures, if it answers chats
          # transcription: none: recordings are not transcribed
          # embeddings: none: no embeddings
        chat:
          titles: auto  # default
          summaries: auto  # default
        quotas:
          requests_per_day: 200  # default
          tokens_per_day: 200000  # default
          images_per_day: 20  # default
          spend_per_month: 5.00  # default
          memory: 16MiB  # default
          disk: 256MiB  # default
          files: 500  # default
        uncertain:
          ask_again_below: 0.01  # default
        cache:
          memory: 8MiB  # default
          ttl: 1h  # default
          scope: safe  # default
          common: 3  # default
          max_temperature: 0.5  # default
        files:
          keep: 30d  # default
          high_water: 80%  # default
          low_water: 70%  # default
          ballast: 64MiB  # default

        """

    @Test func `a file that was named must be there`() {
        let error = #expect(throws: ConfigurationError.self) { try load("/nowhere/x.yaml") }
        #expect(error?.description == "/nowhere/x.yaml: no such file")
    }

    @Test func `a folder is no file`() {
        let error = #expect(throws: ConfigurationError.self) { try load("/") }
        #expect(error?.description == "/: is a folder, not a file")
    }

    @Test func `a file over 1 MiB is refused`() {
        let error = #expect(throws: ConfigurationError.self) { try load("/dev/zero") }
        #expect(error?.description == "/dev/zero: is longer than 1048576 bytes")
    }

    @Test func `a damaged file is refused or read, never a crash`() throws {
        let example = Array(try #require(TextFile.small(Self.example)).utf8)
        let text = Array(Self.secrets.utf8) + example
        var random = SeededGenerator(state: 7)
        for _ in 0..<500 {
            var bytes = text
            for _ in 0..<8 {
                let place = Int.random(in: bytes.indices, using: &random)
                bytes[place] = UInt8.random(in: 0...255, using: &random)
            }
            bytes.removeLast(Int.random(in: 0..<bytes.count, using: &random))
            _ = try? ConfigurationFile.parse(
                bytes,
                file: "f",
                environment: { _ in nil },
                memory: testMemory
            )
        }
    }

    // MARK: A part of a file

    /// The result of `read` for a file with `text`.
    private func part<Value>(
        of text: String,
        _ variables: [String: String] = [:],
        _ read: (String, @escaping (String) -> String?) throws -> Value
    ) throws -> Value {
        let folder = try TemporaryFolder()
        try folder.write(Array(text.utf8), to: "f.yaml")
        return try read(folder.path(of: "f.yaml")) { variables[$0] }
    }

    private static let unreadable = """
        listen: 127.0.0.1:9999
        data: /var/lib/berth
        colour: red
        memory: { limit: lots }
        providers:
          - { name: openai, kind: openai, api_key: "${UNSET_KEY}" }
        """

    @Test func `the data folder and the address are read where the rest is wrong`() throws {
        let data = try part(of: Self.unreadable) {
            try ConfigurationFile.data(path: $0, environment: $1)
        }
        #expect(data == "/var/lib/berth")
        let url = try part(of: Self.unreadable) {
            try ConfigurationFile.url(path: $0, environment: $1)
        }
        #expect(url == WebURL("http://127.0.0.1:9999"))
        #expect(throws: ConfigurationError.self) {
            _ = try part(of: Self.unreadable) {
                try ConfigurationFile.load(path: $0, environment: $1, memory: testMemory)
            }
        }
    }

    @Test func `a part of a file has its defaults and its variables`() throws {
        func data(_ text: String, _ variables: [String: String] = [:]) throws -> String {
            try part(of: text, variables) { try ConfigurationFile.data(path: $0, environment: $1) }
        }
        #expect(try data("") == "./data")
        #expect(try data("data: '${HOME_OF_BERTH}/d'", ["HOME_OF_BERTH": "/b"]) == "/b/d")
        let wrong = [
            ("data: '${X}'", "X is not set"), ("data: [1]", "a list"), ("a: b: c", "f.yaml:1"),
            ("- a", "a group of keys"),
        ]
        for (text, word) in wrong {
            let error = #expect(throws: ConfigurationError.self) { _ = try data(text) }
            #expect(error?.description.contains(word) == true)
        }
        #expect(throws: ConfigurationError.self) {
            try ConfigurationFile.data(path: "/nowhere/f.yaml") { _ in nil }
        }
    }
}
