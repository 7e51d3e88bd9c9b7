import BerthBot
import BerthConfig
import BerthHTTP
import BerthLoop
import BerthMemory
import BerthProviders
import BerthStore
import BerthTelemetry
import BerthTestKit
import BerthText
import BerthWork
import Testing

@Suite(.loop, .timeLimit(.minutes(20))) struct CostlyMemberTests {
    private static let hi = #"[{"role":"user","content":"hi"}]"#

    private static func body(_ more: String, model: String = "fake/echo-request") -> String {
        #"{"model":"\#(model)","messages":\#(hi),\#(more)}"#
    }

    /// Members that are refused, and the error's `param`.
    private static let refused = [
        (#""models":["a/b"]"#, "models"), (#""route":"fallback""#, "route"),
        (#""provider":{"order":["Dear"]}"#, "provider"), (#""plugins":[{"id":"web"}]"#, "plugins"),
        (#""transforms":["middle-out"]"#, "transforms"), (#""preset":"x""#, "preset"),
        (#""service_tier":"priority""#, "service_tier"), (#""service_tier":7"#, "service_tier"),
        (#""service\u005ftier":"priority""#, "service_tier"),
        (#""Service_Tier":"default""#, "service_tier"), (#""serviceTier":"x""#, "service_tier"),
        (#""web_search_options":{}"#, "web_search_options"), (#""store":true"#, "store"),
        (#""modalities":["text","audio"]"#, "modalities"), (#""audio":{"voice":"a"}"#, "audio"),
        (#""background":true"#, "background"), (#""prediction":{"content":"a"}"#, "prediction"),
        (#""search_parameters":{"mode":"on"}"#, "search_parameters"),
        (#""fallbacks":["x"]"#, "fallbacks"), (#""n_predict":99999"#, "n_predict"),
        (#""MAX_TOKENS":99999"#, "max_tokens"), (#""Model":"gpt-dear""#, "model"),
        (#""extra_body":{"google":{}}"#, "extra_body"), (#""api_base":"http://x.y""#, "api_base"),
        (#""kv_transfer_params":{"remote_host":"10.0.0.1"}"#, "kv_transfer_params"),
        (#""tools":[{"type":"web_search"}]"#, "tools[0]"),
        (
            #""tools":[{"type":"function","function":{"name":"f"}},{"google_search":{}}]"#,
            "tools[1]"
        ),
        (#""tools":[{"type":"mcp","server_url":"https://m.example"}]"#, "tools[0]"),
        (#""tools":[{"type":"code_interpreter"}]"#, "tools[0]"),
        (#""tools":[{"type":"function","function":{"name":"f"},"google_search":{}}]"#, "tools[0]"),
        (#""tools":[{"type":7,"function":{"name":"f"}}]"#, "tools[0]"), (#""tools":{}"#, "tools"),
        (
            #""tools":[{"type":"function","function":{"name":"f"},"cache_control":{"type":"a"}}]"#,
            "tools[0].cache_control"
        ),
    ]

    @Loop @Test func `what costs or reroutes is refused by its name, and nothing is sent`()
        async throws
    {
        try await withBot { bot in
            for (more, parameter) in CostlyMemberTests.refused {
                for model in ["hand/m", "berth"] {
                    let answer = try await bot.chat(CostlyMemberTests.body(more, model: model))
                    #expect(answer.status == 400, "\(more)")
                    #expect(answer.error?.string("param") == parameter, "\(more)")
                    #expect(answer.error?.string("type") == "invalid_request_error")
                    let words = answer.error?.string("message") ?? ""
                    #expect(words.contains(parameter), "\(words)")
                }
            }
            let received = bot.hand.received
            #expect(received == 0)
            #expect(try await bot.used().requests == 0)
        }
    }

    @Loop
    @Test(arguments: [
        #""service_tier":"default""#, #""modalities":["text"]"#, #""store":false"#,
        #""service_tier":null,"models":null"#, #""plugins":[]"#, #""top_k":5"#,
        #""my_option":{"a":1}"#,
        #""tools":[{"type":"function","function":{"name":"f","parameters":{"web_search":1}}}]"#,
        #""tools":[{"type":"custom","custom":{"name":"f"}}]"#, #""tools":[]"#,
        #""response_format":{"type":"text"},"metadata":{"service_tier":"priority"}"#,
    ])
    func `what changes nothing goes to the provider as it is`(more: String) async throws {
        try await withBot { bot in
            let answer = try await bot.chat(CostlyMemberTests.body(more))
            #expect(answer.status == 200, "\(answer.text)")
            let sent = try #require(answer.object?.firstText)
            #expect(sent.contains(more), "\(sent)")
        }
    }

    @Loop @Test func `each model's own permission decides`() async throws {
        let setup = Setup { settings in
            settings.chatModels.removeAll { !["m", "echo-request", "plain"].contains($0.model) }
            settings.chatModels[1].pass = ["service_tier", "tools"]
        }
        try await withBot(setup) { bot in
            let tier = #""service_tier":"priority""#
            // `berth` begins with hand/m, which may not take it and is skipped.
            let answer = try await bot.chat(CostlyMemberTests.body(tier, model: "berth"))
            #expect(answer.status == 200)
            #expect(answer.object?.string("model") == "fake/echo-request")
            #expect(answer.object?.firstText?.contains(tier) == true)
            let tools = #""tools":[{"type":"web_search"}]"#
            let status = try await bot.chat(CostlyMemberTests.body(tools)).status
            #expect(status == 200)
            for (more, model) in [
                (tier, "hand/m"), (#"\#(tier),"route":"x""#, "berth"), (#""store":true"#, "berth"),
            ] {
                let refusal = try await bot.chat(CostlyMemberTests.body(more, model: model))
                #expect(refusal.status == 400)
                #expect(refusal.error?.string("message")?.contains("models.chat[].pass") == true)
            }
            let received = bot.hand.received
            #expect(received == 0)
        }
    }

    @Loop @Test func `an unknown member is named once, and left out if the operator says so`()
        async throws
    {
        for arePassed in [true, false] {
            let setup = Setup { settings in
                for index in settings.providers.indices {
                    settings.providers[index].passUnknown = arePassed
                }
            }
            try await withBot(setup) { bot in
                for _ in 0..<3 {
                    let more = #""my\u005foption":1,"top_k":2"#
                    let answer = try await bot.chat(CostlyMemberTests.body(more))
                    let sent = answer.object?.firstText ?? ""
                    #expect(sent.contains("my\\u005foption") == arePassed, "\(sent)")
                    #expect(sent.contains("top_k"))
                }
                let lines = bot.lines.all.filter { $0.contains("member=my_option") }
                #expect(lines.count == 1 && lines[0].contains("provider=fake"))
            }
        }
    }

    @Loop @Test func `the names of unknown members are bounded`() async throws {
        try await withBot { bot in
            let long = String(repeating: "a", count: 65)
            let many = (0..<200).map { #""x\#($0)":1"# }.joined(separator: ",")
            for more in [#""\#(long)":1"#, many] {
                let status = try await bot.chat(CostlyMemberTests.body(more)).status
                #expect(status == 400)
            }
            for start in 0..<3 {
                let some = (0..<100).map { #""y\#(start * 100 + $0)":1"# }.joined(separator: ",")
                let status2 = try await bot.chat(CostlyMemberTests.body(some)).status
                #expect(status2 == 200)
            }
            let lines = bot.lines.all.filter { $0.contains("a member of a request is unknown") }
            #expect(lines.count == 64)
        }
    }

    // MARK: Long names

    @Loop
    @Test(arguments: [
        "a" + String(repeating: "\u{301}", count: 900_000),
        String(repeating: "👩‍👩‍👧‍👦", count: 60_000), String(repeating: "x", count: 1_800_000),
        String(repeating: "\\u0061", count: 300_000), String(repeating: "\\ud83d", count: 300_000),
    ])
    func `a long model name is refused in at most 2 KiB`(name: String) async throws {
        try await withBot { bot in
            let body = #"{"model":"\#(name)","messages":\#(CostlyMemberTests.hi)}"#
            let answer = try await bot.chat(body)
            #expect(answer.status == 404)
            #expect(answer.bytes.count <= 2048)
            #expect(answer.error?.string("code") == "model_not_found")
            let role = #"{"model":"berth","messages":[{"role":"\#(name)","content":"x"}]}"#
            let other = try await bot.chat(role)
            #expect(other.status == 400 && other.bytes.count <= 2048)
        }
    }
}

extension JSONObject {
    /// The text of a completion's first choice.
    fileprivate var firstText: String? {
        elements("choices")?.first.flatMap { object(at: $0) }?.object("message")?.string("content")
    }
}
