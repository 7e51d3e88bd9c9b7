import Glibc

extension ValueFormat where Value == HostPort {
    /// An address for the server to listen on.
    package static var address: ValueFormat {
        .described(
            "an address and port of this machine, such as 127.0.0.1:8080, 0.0.0.0:80 or [::1]:8080",
            { HostPort($0) }
        )
    }
}

extension ValueFormat where Value == WebURL {
    /// Any absolute URL.
    package static var url: ValueFormat {
        .described(
            "an absolute http:// or https:// URL without user, query or fragment, "
                + "such as https://api.example.org/v1",
            { WebURL($0) }
        )
    }

    /// A URL of a host alone.
    static var site: ValueFormat {
        .described(
            "an http:// or https:// URL of a host, without path, such as https://chat.example.org",
            { text in WebURL(text).flatMap { $0.path.isEmpty ? $0 : nil } }
        )
    }
}

extension ValueFormat where Value == Configuration.Provider.Kind {
    /// The API that a provider speaks.
    static var providerKind: ValueFormat {
        ValueFormat(
            expected: "one of openai (also for servers with the same API, such as Ollama, "
                + "llama.cpp, vLLM, OpenRouter and Groq), anthropic, fal",
            read: { Value(rawValue: $0) },
            show: { .text($0.rawValue) }
        )
    }
}

extension ValueFormat where Value == RedisAddress {
    static var redis: ValueFormat {
        ValueFormat(
            expected:
                "a Redis address, such as redis://127.0.0.1:6379/0 or unix:/run/redis/redis.sock",
            read: { RedisAddress($0) },
            show: { .text($0.description) }
        )
    }
}

extension ValueFormat where Value == Secret {
    /// A key that fits in an HTTP header: visible ASCII.
    static var key: ValueFormat {
        secret("a key: 1 to 4096 visible ASCII characters, no space or line end") { text in
            text.utf8.count <= 4096 && text.utf8.allSatisfy { (0x21...0x7e).contains($0) }
        }
    }

    /// A token from @BotFather: `<bot id>:<rest>`.
    ///
    /// The server refuses a longer one, and an id that begins with 0.
    static var botToken: ValueFormat {
        secret("a bot token from @BotFather: digits, a colon, letters and digits") { text in
            let parts = text.split(separator: ":", omittingEmptySubsequences: false)
            return text.utf8.count <= 80 && parts.count == 2 && parts[0].first != "0"
                && Configuration.Telegram.id(of: text) != nil
                && Names.isWord(parts[1], most: 80, also: "_-")
        }
    }

    /// The secret of a webhook.
    ///
    /// Source: <https://core.telegram.org/bots/api#setwebhook>, "secret_token".
    static var webhookSecret: ValueFormat {
        secret("1 to 256 letters, digits, _ and -") { Names.isWord($0, most: 256, also: "_-") }
    }

    private static func secret(
        _ expected: String,
        _ isValid: @escaping @Sendable (String) -> Bool
    ) -> ValueFormat {
        ValueFormat(
            expected: expected,
            read: { !$0.isEmpty && isValid($0) ? Secret($0) : nil },
            show: { _ in .secret },
            isSecret: true
        )
    }
}

extension ValueFormat where Value == String {
    /// A provider's name: the part before the slash in `provider/model`.
    static var providerName: ValueFormat {
        .described(
            "a name of 1 to 32 letters, digits, . _ and -, and neither demo nor berth",
            { text in
                let isFree = !["demo", "berth"].contains(text.lowercased())
                return isFree && Names.isWord(text, most: 32, also: "._-") ? text : nil
            }
        )
    }

    /// A bot's name in logs and metrics.
    static var botName: ValueFormat {
        .described(
            "a name of 1 to 32 letters, digits, _ and -",
            { Names.isWord($0, most: 32, also: "_-") ? $0 : nil }
        )
    }

    /// A provider's name for a model.
    static var modelName: ValueFormat {
        .described(
            "a model's name: 1 to 200 visible ASCII characters, no space",
            { text in
                let isValid = text.utf8.allSatisfy { (0x21...0x7e).contains($0) }
                return isValid && (1...200).contains(text.utf8.count) ? text : nil
            }
        )
    }

    /// A reverse proxy.
    static var proxy: ValueFormat {
        .described(
            "an IP address, a CIDR block such as 10.0.0.0/8 or fd00::/8, or unix",
            { $0 == "unix" || IPAddress.isBlock($0) ? $0 : nil }
        )
    }

    /// The origin of a page, or `*` for every one.
    ///
    /// Apps have schemes of their own, such as `app://obsidian.md`. A browser sends no port that the
    /// scheme implies, and no `/` at the end.
    static var origin: ValueFormat {
        .described(
            "* or the origin of a page without a path, such as https://app.example.org or "
                + "http://localhost:3000",
            { text in
                if text == "*" { return text }
                if let url = WebURL(text) { return url.path.isEmpty ? url.origin : nil }
                let parts = text.split(separator: "/", omittingEmptySubsequences: false)
                guard parts.count == 3, parts[1].isEmpty, parts[0].last == ":",
                    !["http:", "https:"].contains(parts[0].lowercased()),
                    Names.isWord(parts[0].dropLast(), most: 32, also: "+.-"),
                    Names.isWord(parts[2], most: 200, also: "._-:")
                else { return nil }
                return text.lowercased()
            }
        )
    }

    /// Any text up to `most` bytes.
    static func prose(most: Int) -> ValueFormat {
        .described(
            "text of at most \(most) bytes",
            { $0.utf8.count <= most && !$0.utf8.contains(0) ? $0 : nil }
        )
    }

    /// A folder.
    static var folder: ValueFormat {
        .described(
            "a folder's path",
            { (1...4096).contains($0.utf8.count) && !$0.utf8.contains(0) ? $0 : nil }
        )
    }

    /// A file that can be read.
    static var file: ValueFormat {
        .described(
            "a file that this user can read",
            { unsafe access($0, R_OK) == 0 ? $0 : nil }
        )
    }

    /// A time zone of this machine.
    ///
    /// `UTC` is one even without a zone database.
    static var timeZone: ValueFormat {
        .described(
            "a time zone of /usr/share/zoneinfo, such as UTC or Europe/Paris (package tzdata)",
            { Names.isTimeZone($0) ? $0 : nil }
        )
    }
}

extension ValueFormat where Value == String {
    /// A member of chat requests that is refused unless it is permitted.
    static var permittedMember: ValueFormat { permitted("chat requests", ChatMember.permittable) }

    /// A member of requests for pictures that is refused unless it is permitted.
    static var permittedPictureMember: ValueFormat {
        permitted("requests for pictures", PictureMember.permittable)
    }

    /// A member of requests for embeddings that is refused unless it is permitted.
    static var permittedEmbeddingMember: ValueFormat {
        permitted("requests for embeddings", EmbeddingMember.permittable)
    }

    private static func permitted(_ requests: String, _ names: [String]) -> ValueFormat {
        ValueFormat(
            expected: "a member of \(requests) that needs a permission: one of "
                + names.sorted().joined(separator: ", "),
            read: { names.contains($0) ? $0 : nil },
            show: { .text($0) }
        )
    }
}
