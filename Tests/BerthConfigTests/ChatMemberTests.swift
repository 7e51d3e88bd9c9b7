import Testing

@testable import BerthConfig

@Suite struct ChatMemberTests {
    private func match(_ name: String) -> MemberTable.Match {
        ChatMember.table.match(Array(name.utf8)[...])
    }

    private func find(_ name: String) -> RequestMember? {
        guard case .known(let row) = match(name) else { return nil }
        return row
    }

    @Test func `no two rows have names that a server could confuse`() {
        let folds = ChatMember.all.map { MemberTable.folded(Array($0.name.utf8)[...]) }
        #expect(Set(folds).count == ChatMember.all.count)
    }

    @Test func `every page of documentation is named once, and used`() {
        for source in RequestMember.Source.allCases {
            #expect(source.rawValue.hasPrefix("https://"))
            let rows = ChatMember.all + PictureMember.all + EmbeddingMember.all
            #expect(rows.contains { $0.source == source }, "\(source)")
        }
    }

    @Test(arguments: [
        "models", "route", "provider", "plugins", "transforms", "service_tier", "audio",
        "web_search_options", "modalities", "background", "store", "prediction", "fallbacks",
        "preset", "search_parameters", "n_predict", "extra_body", "kv_transfer_params",
        "providerOptions", "generation_config",
    ])
    func `what costs or reroutes is refused whatever its value`(name: String) throws {
        let row = try #require(find(name))
        for value in [#"{"a":1}"#, #""priority""#, "[1]", "true", "7", #"["text","audio"]"#] {
            #expect(row.effect(of: Array(value.utf8)[...]) != nil, "\(value)")
        }
        #expect(row.effect(of: Array("null".utf8)[...]) == nil)
        #expect(ChatMember.permittable.contains(name))
    }

    @Test(arguments: [
        ("service_tier", #""default""#), ("service_tier", #""auto""#), ("store", "false"),
        ("modalities", #"["text"]"#), ("modalities", "[ \"text\"\n]"), ("plugins", "[]"),
        ("background", "false"), ("search_parameters", #"{ "mode" : "off" }"#),
        ("transforms", "[ ]"), ("speed", #""standard""#), ("best_of", "1"),
    ])
    func `a value that changes nothing passes`(name: String, value: String) throws {
        #expect(try #require(find(name)).effect(of: Array(value.utf8)[...]) == nil)
    }

    @Test(arguments: [
        ("service_tier", #""de fault""#), ("service_tier", #""Default""#),
        ("service_tier", #""default ""#), ("modalities", #"["text","text","audio"]"#),
        ("store", #""false""#), ("background", "0"), ("plugins", #"[[]]"#),
    ])
    func `a value that is almost harmless does not`(name: String, value: String) throws {
        #expect(try #require(find(name)).effect(of: Array(value.utf8)[...]) != nil)
    }

    @Test(arguments: [
        ("Service_Tier", "service_tier"), ("SERVICE_TIER", "service_tier"),
        ("serviceTier", "service_tier"), ("service-tier", "service_tier"),
        ("\u{17F}ervice_tier", "service_tier"), ("max_to\u{212A}ens", "max_tokens"),
        ("MAX_TOKENS", "max_tokens"), ("maxTokens", "max_tokens"), ("Model", "model"),
        ("N", "n"), ("provider_options", "providerOptions"), ("Stream", "stream"),
    ])
    func `another spelling of a known name is not unknown`(name: String, known: String) throws {
        #expect(match(name) == .misspelt(try #require(find(known))))
    }

    @Test(arguments: ["", "x", "my_option", "service_tiers", "temperatur", "моdel", "\u{0}"])
    func `any other name is unknown`(name: String) { #expect(match(name) == .unknown) }

    // MARK: The settings

    private func chat(_ more: String, provider: String = "") -> String {
        """
        providers:
          - { name: p, kind: openai, api_key: k\(provider) }
        models:
          chat:
            - { provider: p, model: m\(more) }
        """
    }

    @Test func `the operator permits members for one model`() throws {
        let file = try parse(chat(", pass: [service_tier, tools]"))
        #expect(file.configuration.chatModels[0].pass == ["service_tier", "tools"])
        #expect(file.unused.isEmpty)
        #expect(try parse(chat("")).configuration.chatModels[0].pass.isEmpty)
    }

    @Test(arguments: [
        (", pass: [temperature]", "'temperature' is not a member of chat requests that needs"),
        (", pass: [service_teir]", "'service_teir' is not a member of chat requests that needs"),
        (", pass: service_tier", "must be a list"), (", pass: [[a]]", "not a list"),
    ])
    func `a permission for anything else is an error`(text: String, words: String) {
        #expect(complaint(chat(text)).contains("models.chat[0].pass: "))
        #expect(complaint(chat(text)).contains(words))
    }

    @Test func `unknown members are passed unless the operator says no`() throws {
        #expect(try parse(chat("")).configuration.providers[0].passUnknown)
        let strict = try parse(chat("", provider: ", pass_unknown: false"))
        #expect(!strict.configuration.providers[0].passUnknown)
        let wrong = complaint(chat("", provider: ", pass_unknown: no"))
        #expect(wrong.contains("providers[0].pass_unknown: 'no' is not true or false"))
    }
}
