import BerthMemory
import BerthText

extension Configuration {
    /// Reads providers and the models that refer to them.
    mutating func readProviders(_ root: Section) {
        let sections = root.items("providers", most: 32, absent: "none: the built-in demo provider")
        var names: Set<String> = []
        for section in sections {
            guard let name = section.required("name", .providerName) else {
                _ = Provider(reading: section, name: "")
                continue
            }
            if !names.insert(name).inserted {
                section.report("name", "\(Quote.value(name)) is taken by a provider above")
            }
            if let provider = Provider(reading: section, name: name) { providers.append(provider) }
        }
        priceCeiling = PriceCeiling(reading: root.section("price_ceiling"))
        let models = root.section("models")
        readModels(models, providers: names)
        if !models.has("chat"), let first = providers.first(where: { isUnlisted($0) }) {
            root.report(
                "providers",
                "no model of '\(first.name)' is under 'models': add models: { chat: [ { provider: "
                    + "\(first.name), model: NAME } ] }"
            )
        }
    }

    /// Whether a provider could answer chats, and nothing else is asked of it.
    private func isUnlisted(_ provider: Provider) -> Bool {
        let others =
            imageModels.map(\.provider) + speechModels.map(\.provider)
            + embeddingModels.map(\.provider)
        return provider.kind != .fal && !others.contains(provider.name)
    }

    private mutating func readModels(_ section: Section, providers names: Set<String>) {
        let chat = section.items("chat", most: 64, absent: "none: the built-in demo model")
        for item in chat {
            guard
                let (provider, model) = reference(
                    item,
                    names,
                    refused: [.fal],
                    does: "answer chats"
                ),
                let chat = ChatModel(reading: item, provider: provider, model: model)
            else { continue }
            if chatModels.contains(where: { $0.provider == provider && $0.model == model }) {
                item.report("model", "is listed above already")
            }
            chatModels.append(chat)
        }
        for item in section.items(
            "image",
            most: 64,
            absent: "none: the built-in demo's pictures, if it answers chats"
        ) {
            guard
                let (provider, model) = reference(
                    item,
                    names,
                    refused: [.anthropic],
                    does: "make pictures"
                )
            else { continue }
            let price = item.optionalSection("price", absent: "price_ceiling is reserved")?
                .required("image", .price)
            let prompt = item.optional(
                "prompt",
                .choice(ImageModel.PromptLanguage.self),
                absent: "sent as it was written"
            )
            var image = ImageModel(provider: provider, model: model, price: price, prompt: prompt)
            item.list(
                "pass",
                into: &image.pass,
                .permittedPictureMember,
                most: 64,
                absent: "nothing that costs more"
            )
            imageModels.append(image)
        }
        readSpeechModels(section, providers: names)
        readEmbeddingModels(section, providers: names)
    }

    private mutating func readEmbeddingModels(_ section: Section, providers names: Set<String>) {
        for item in section.items("embeddings", most: 64, absent: "none: no embeddings") {
            guard
                let (provider, model) = reference(
                    item,
                    names,
                    refused: [.anthropic, .fal],
                    does: "make embeddings"
                )
            else { continue }
            let price = item.optionalSection("price", absent: "price_ceiling is reserved")?
                .required("input", .price)
            var embedding = EmbeddingModel(provider: provider, model: model, price: price)
            item.list(
                "pass",
                into: &embedding.pass,
                .permittedEmbeddingMember,
                most: 64,
                absent: "nothing that costs more"
            )
            embeddingModels.append(embedding)
        }
    }

    private mutating func readSpeechModels(_ section: Section, providers names: Set<String>) {
        for item in section.items(
            "transcription",
            most: 64,
            absent: "none: recordings are not transcribed"
        ) {
            guard
                let (provider, model) = reference(
                    item,
                    names,
                    refused: [.anthropic, .fal],
                    does: "transcribe recordings"
                )
            else { continue }
            let price = item.optionalSection("price", absent: "price_ceiling is reserved")?
                .required("minute", .price)
            speechModels.append(SpeechModel(provider: provider, model: model, price: price))
        }
    }

    /// Reads the provider and model of an entry.
    ///
    /// Reports an error and returns nil if one is missing.
    private func reference(
        _ item: Section,
        _ names: Set<String>,
        refused: [Provider.Kind],
        does: String
    ) -> (provider: String, model: String)? {
        let provider = item.required("provider", .providerName)
        let model = item.required("model", .modelName)
        guard let provider, let model else { return nil }
        if !names.contains(provider) {
            let advice = Nearest.advice(for: provider, in: names.sorted())
            item.report(
                "provider",
                "there is no provider \(Quote.value(provider)) under 'providers'"
                    + (names.isEmpty ? "" : ": \(advice)")
            )
        }
        if let kind = self.provider(named: provider)?.kind, refused.contains(kind) {
            item.report(
                "provider",
                "\(Quote.value(provider)) is of kind \(kind), which cannot \(does)"
            )
        }
        return (provider, model)
    }
}

extension Configuration.Provider {
    fileprivate init?(reading section: Section, name: String) {
        let kind = section.required("kind", .providerKind)
        let vendor = (kind ?? .openai).vendorURL
        guard var base = WebURL(vendor) else { return nil }
        section.read("base_url", into: &base, .url)
        let key = section.optional("api_key", .key, absent: "not set: none is sent")
        if let kind, base.description == vendor, !section.has("api_key") {
            let isOwn = section.has("base_url") ? "" : ", or the base_url of another server"
            section.report(
                nil,
                "\(vendor) (kind \(kind)) needs the key 'api_key', such as "
                    + "\"${\(Self.variable(kind))}\""
                    + isOwn
            )
        }
        let rate = ValueFormat<Int>.integer(1...1_000_000_000)
        requestsPerMinute = section.optional("requests_per_minute", rate, absent: "no limit")
        tokensPerMinute = section.optional("tokens_per_minute", rate, absent: "no limit")
        section.read("concurrency", into: &concurrency, .integer(1...1_000))
        let times = section.section("timeout")
        let time = ValueFormat<Duration>.duration(.seconds(1)...(.seconds(3600)))
        times.read("first", into: &timeout.first, time)
        times.read("next", into: &timeout.next, time)
        times.read("whole", into: &timeout.whole, time)
        section.read("pass_unknown", into: &passUnknown, .boolean)
        let differences = section.section("quirks")
        quirks = Quirks(reading: differences)
        if kind == .anthropic, quirks.outputLimit != nil {
            differences.report("output_limit", "the Messages API knows max_tokens alone")
        }
        guard let kind else { return nil }
        self.name = name
        self.kind = kind
        baseURL = base
        apiKey = key
        readRoute(section)
    }

    /// Reads the proxy and the authorities: from the section, else from the environment variables
    /// that curl and OpenSSL read.
    private mutating func readRoute(_ section: Section) {
        if section.has("proxy") {
            proxy = section.optional("proxy", .outgoingProxy, absent: "") ?? nil
        } else {
            do throws(ProxyAddress.Unreadable) {
                let named = try ProxyAddress.named(for: baseURL, in: section.environment)
                proxy = named?.proxy
                let absent = named.map { "from \($0.variable): \($0.proxy)" } ?? "no proxy"
                _ = section.optional("proxy", .outgoingProxy, absent: absent)
            } catch {
                section.report(
                    nil,
                    "the environment variable \(error.variable) is not a proxy's address, such as "
                        + "http://proxy.example:3128: correct it, or set the key 'proxy'"
                )
            }
        }
        let names = ["CURL_CA_BUNDLE", "SSL_CERT_FILE"]
        // A variable that names the system's own file adds nothing, and hides no other variable.
        let own = names.compactMap(section.environment)
            .first { !$0.isEmpty && $0 != SystemAuthorities.file }
        let absent = own ?? "the system's authorities"
        caFile = section.optional("ca_file", .file, absent: absent) ?? own
        guard caFile == nil, let folder = section.environment("SSL_CERT_DIR") else { return }
        caFolder = SystemAuthorities.further(folder)
    }

    /// The environment variable that the vendor's own tools read the key from.
    private static func variable(_ kind: Kind) -> String {
        switch kind {
        case .openai: "OPENAI_API_KEY"
        case .anthropic: "ANTHROPIC_API_KEY"
        case .fal: "FAL_KEY"
        }
    }
}

extension Quirks {
    fileprivate init(reading section: Section) {
        outputLimit = section.optional(
            "output_limit",
            .choice(OutputLimit.self),
            absent: "the usual name, or what Berth learns"
        )
        var parts: [Part] = []
        section.list(
            "without",
            into: &parts,
            .choice(Part.self),
            most: Part.allCases.count,
            absent: "nothing, or what Berth learns"
        )
        for part in parts { leaveOut(part) }
    }
}

extension Configuration.ChatModel {
    fileprivate init?(reading section: Section, provider: String, model: String) {
        self.provider = provider
        self.model = model
        if let price = section.optionalSection("price", absent: "price_ceiling is reserved") {
            let input = price.required("input", .price)
            let output = price.required("output", .price)
            let cached = price.optional("cached_input", .price, absent: "half of input")
            let written = price.optional("cache_write", .price, absent: "input and a quarter")
            let hour = price.optional("cache_write_1h", .price, absent: "twice input")
            if let input, let cached, cached > input {
                price.report(
                    "cached_input",
                    "\(cached) must be at most input (\(input)): tokens from a cache cost less"
                )
            }
            if let input, let output {
                self.price = Price(
                    input: input,
                    output: output,
                    cachedInput: cached,
                    cacheWrite: written,
                    cacheWriteHour: hour
                )
            }
        }
        section.read("context", into: &context, .integer(1_024...10_000_000))
        section.read("output", into: &output, .integer(1...1_000_000))
        section.read("vision", into: &vision, .boolean)
        section.list(
            "pass",
            into: &pass,
            .permittedMember,
            most: 64,
            absent: "nothing that costs more"
        )
        if output >= context {
            section.report(
                section.has("output") ? "output" : nil,
                "output (\(output)) must be less than context (\(context)), "
                    + "which holds the prompt too"
            )
        }
    }
}

extension Configuration.PriceCeiling {
    fileprivate init(reading section: Section) {
        section.read("input", into: &input, .price)
        section.read("output", into: &output, .price)
        section.read("image", into: &image, .price)
        section.read("minute", into: &minute, .price)
    }
}

extension ValueFormat where Value == Money {
    fileprivate static var price: ValueFormat { .money(upTo: Money(micros: 100_000_000_000)) }
}
