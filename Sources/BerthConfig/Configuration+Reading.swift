import BerthMemory

extension Configuration {
    /// Reads every key of the file, in the order in which `config show` prints them.
    init(reading root: Section, memory: MemoryCeiling) {
        self.init(memory: memory)
        readServer(root)
        readMemory(root.section("memory"))
        let bounds = root.section("limits")
        limits = Limits(reading: bounds)
        root.read("access", into: &access, .choice(Access.self))
        redis = root.optionalSection("redis", absent: "not set: the in-process cache alone")?
            .required("url", .redis)
        telegram = Telegram.bots(reading: root)
        checkWebhook(root)
        readProviders(root)
        outlines = Outlines(reading: root.section("chat"), models: chatModels)
        let shares = root.section("quotas")
        for key in QuotaKey.allCases { key.read(from: shares, into: &quotas) }
        checkMemory(limits.body, "body", bounds)
        checkMemory(quotas.memory, "memory", shares)
        root.section("uncertain").read(
            "ask_again_below",
            into: &uncertain.askAgainBelow,
            .money(upTo: Money(micros: 1_000_000_000))
        )
        cache = Cache(reading: root.section("cache"))
        files = Files(reading: root.section("files"))
    }

    private mutating func readServer(_ root: Section) {
        readAddress(root)
        root.read("timezone", into: &timezone, .timeZone)
        root.read("system", into: &system, .prose(most: 16_384))
        readData(root)
    }

    /// Reads the server's address and its public URL.
    mutating func readAddress(_ root: Section) {
        root.read("listen", into: &listen, .address)
        readURL(root)
        root.list(
            "trusted_proxies",
            into: &trustedProxies,
            .proxy,
            most: 64,
            absent: "none: each client has its connection's address"
        )
        root.list(
            "cors",
            into: &cors,
            .origin,
            most: 32,
            absent: "none: pages of other origins cannot use the API"
        )
    }

    /// Reads one public URL or a list of them.
    private mutating func readURL(_ root: Section) {
        url = WebURL(listening: listen)
        hasOwnURL = root.has("url")
        guard root.hasList("url") else { return root.read("url", into: &url, .site) }
        var urls: [WebURL] = []
        root.list("url", into: &urls, .site, most: Configuration.mostURLs, absent: "none")
        guard let first = urls.first else {
            return root.report("url", "needs at least one URL, such as https://chat.example.org")
        }
        (url, otherURLs) = (first, Array(urls.dropFirst()))
    }

    /// The most public URLs.
    private static let mostURLs = 16

    /// Reads the data folder.
    mutating func readData(_ root: Section) { root.read("data", into: &data, .folder) }

    private mutating func readMemory(_ section: Section) {
        section.read(
            "limit",
            into: &memory.limit,
            .size(.mebibytes(16) ... .mebibytes(1 << 20)),
            note: memory.source
        )
        if section.has("limit") { memory.source = "memory.limit" }
    }

    /// Reports a part that is larger than memory.limit.
    ///
    /// A default is never reported.
    private func checkMemory(_ part: ByteCount, _ key: String, _ section: Section) {
        guard part > memory.limit, section.has(key) else { return }
        section.report(
            key,
            "\(Units.text(part)) is more than the whole of memory.limit "
                + "(\(Units.text(memory.limit)), \(memory.source)): choose less"
        )
    }

    private func checkWebhook(_ root: Section) {
        let hooked = telegram.filter { $0.mode == .webhook }
        guard !hooked.isEmpty else { return }
        let isVendors = hooked.contains(where: \.isAtVendor)
        guard !hasOwnURL || isVendors && (url.isLoopback || !url.isSecure) else { return }
        root.report(
            hasOwnURL ? "url" : "telegram",
            "mode webhook needs a public https:// address in 'url' that Telegram can reach; "
                + "or choose mode polling"
        )
    }
}

extension Configuration.Limits {
    fileprivate init(reading section: Section) {
        section.read("tenants", into: &tenants, .integer(1...1_000))
        section.read("body", into: &body, .size(.kibibytes(16) ... .mebibytes(64)))
        section.read("connections", into: &connections, .integer(8...60_000))
        section.read(
            "connections_per_address",
            into: &connectionsPerAddress,
            .integer(1...60_000)
        )
        section.read("connections_per_tenant", into: &connectionsPerTenant, .integer(1...60_000))
    }
}

extension Configuration.Cache {
    fileprivate init(reading section: Section) {
        section.read("memory", into: &memory, .size(.zero ... .mebibytes(1 << 14)))
        section.read("ttl", into: &ttl, .duration(.seconds(1) ... .seconds(365 * 86_400)))
        section.read("scope", into: &scope, .choice(Scope.self))
        section.read("common", into: &common, .integer(0...10))
        if common == 1 {
            section.report("common", "must be 0 (never) or a number of tenants from 2 to 10")
        }
        section.read("max_temperature", into: &maxTemperature, .decimal(0...2))
    }
}

extension Configuration.Files {
    fileprivate init(reading section: Section) {
        section.read("keep", into: &keep, .duration(.seconds(3_600) ... .seconds(3_650 * 86_400)))
        section.read("high_water", into: &highWaterPercent, .percent(10...99))
        // Without a low mark of its own, a lower high mark moves the default along.
        lowWaterPercent = min(lowWaterPercent, highWaterPercent - 5)
        section.read("low_water", into: &lowWaterPercent, .percent(5...98))
        if lowWaterPercent >= highWaterPercent {
            section.report(
                section.has("low_water") ? "low_water" : "high_water",
                "low_water (\(lowWaterPercent)%) must be less than high_water "
                    + "(\(highWaterPercent)%)"
            )
        }
        section.read("ballast", into: &ballast, .size(.zero ... .mebibytes(1 << 14)))
    }
}
