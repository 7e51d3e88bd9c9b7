import BerthHTTP
import BerthLoop
import BerthMemory
import BerthTestKit
import BerthText
import Testing

@testable import BerthConfig
@testable import BerthProviders

/// Requests to servers that refuse a part of Berth's own.
@Suite(.loop, .timeLimit(.minutes(20))) struct QuirkTests {
    // MARK: The output limit

    @Loop @Test(arguments: [true, false])
    func `the output limit reaches the server under the name that it knows`(isStream: Bool)
        async throws
    {
        for name in ["max_tokens", "max_completion_tokens", "max_output_tokens", "max_new_tokens"] {
            try await withStrict(Refusing { $0.limits == [name] ? nil : .unknown($0.limits.first) })
            {
                strict in
                for more in ["", #","max_tokens":100"#, #","max_completion_tokens":100"#] {
                    let told = await strict.ask(more: more, isStream: isStream)
                    #expect(told.text == "fine" && told.error == nil)
                }
                #expect(strict.last?.integer(name) == 100)
                let count = strict.bodies.count
                _ = await strict.ask(isStream: isStream)
                #expect(strict.bodies.count == count + 1)
            }
        }
    }

    @Loop @Test(arguments: [true, false])
    func `an answer that the server does not limit is ended by Berth`(isStream: Bool) async throws {
        let words = (1...500).map { "word\($0) " }
        try await withStrict(Refusing { .unknown($0.limits.first) }, words: words) { strict in
            let told = await strict.ask(isStream: isStream)
            #expect(told.error == nil && strict.last?.limits == [])
            #expect(strict.last?.boolean("stream") == true)
            if !isStream {
                #expect(told.finish == "length")
                #expect((350...450).contains(told.text.utf8.count))
            }
            #expect(strict.book.entries.first?.quirks.outputLimit == Quirks.OutputLimit.none)
            #expect(strict.bodies.count == 5)
        }
    }

    @Loop @Test func `a value that is too large is lowered, and the lower one is remembered`()
        async throws
    {
        try await withStrict(
            Refusing { body in
                let asked = body.integer("max_tokens") ?? 0
                return asked > 64 ? .refusal("max_tokens must be less than or equal to 64") : nil
            }
        ) { strict in
            #expect(await strict.ask().error == nil)
            #expect(await strict.ask().error == nil)
            #expect(strict.bodies.map { $0.integer("max_tokens") } == [100, 64, 64])
            let own = await strict.ask(more: #","max_tokens":100"#)
            #expect(own.error?.isRefusal(saying: "less than or equal to 64") == true)
            #expect(strict.bodies.count == 4)
        }
    }

    @Loop @Test func `a limit that does not fit beside the prompt is left out of that request`()
        async throws
    {
        let words = "max_tokens is too large: 100. The maximum context length is 90 tokens"
        try await withStrict(Refusing { $0.limits.isEmpty ? nil : .refusal(words) }) { strict in
            #expect(await strict.ask().text == "fine")
            #expect(strict.book.entries.isEmpty)
        }
    }

    // MARK: Other parts

    @Loop
    @Test(arguments: [
        ("stream_options", true, "", Quirks.Part.streamOptions),
        ("stream", true, "", .stream),
        ("user", false, #","user":"ann""#, .user),
        ("safety_identifier", true, #","safety_identifier":"ann""#, .safetyIdentifier),
    ])
    func `a part that is refused is left out from then on`(
        name: String,
        isStream: Bool,
        more: String,
        part: Quirks.Part
    ) async throws {
        for refusal in Refusals.all(name) {
            try await withStrict(Refusing { $0.has(name) ? refusal : nil }) { strict in
                for _ in 1...2 {
                    let told = await strict.ask(more: more, isStream: isStream)
                    #expect(told.text == "fine" && told.error == nil)
                }
                #expect(strict.bodies.map { $0.has(name) } == [true, false, false])
                #expect(strict.book.entries.first?.quirks.without == [part])
            }
        }
    }

    @Loop @Test(arguments: [true, false])
    func `the role developer becomes system, and system developer`(isStream: Bool) async throws {
        for (role, other) in [("developer", "system"), ("system", "developer")] {
            let messages =
                #"[{"role":"\#(role)","content":[{"type":"text","text":"Be\u00e9"}]},"#
                + #"{"role":"user","content":"hi"},{"role":"\#(role)","content":"x"}]"#
            let words = "Unexpected role '\(role)' in messages"
            try await withStrict(Refusing { $0.sentRoles.contains(role) ? .refusal(words) : nil }) {
                strict in
                for _ in 1...2 {
                    let told = await strict.ask(messages: messages, isStream: isStream)
                    #expect(told.text == "fine" && told.error == nil)
                }
                #expect(strict.bodies.count == 3)
                #expect(strict.last?.sentRoles == [other, "user", other])
                let sent = String(decoding: strict.last?.value("messages") ?? [], as: UTF8.self)
                #expect(sent.contains(#"[{"type":"text","text":"Be\u00e9"}]"#))
            }
        }
    }

    @Loop @Test func `a chat's system prompt goes into the question where no role is known for it`()
        async throws
    {
        let messages = #"[{"role":"system","content":"Be terse."},{"role":"user","content":"hi"}]"#
        let refusal = HTTPResponse.refusal("Only user and assistant roles are supported!")
        try await withStrict(Refusing { $0.sentRoles.first == "user" ? nil : refusal }) { strict in
            #expect(await strict.ask(messages: messages, isOwn: true).text == "fine")
            let last = try #require(strict.last?.elements("messages")?.first)
            #expect(strict.last?.object(at: last)?.string("content") == "Be terse.\n\nhi")
            // A client's roles are the client's.
            let told = await strict.ask(messages: messages)
            #expect(told.error?.isRefusal(saying: "Only user") == true)
        }
    }

    @Loop @Test func `a temperature is left out if it is Berth's, and told if it is the client's`()
        async throws
    {
        let words = "Unsupported value: 'temperature' does not support 0 with this model."
        try await withStrict(Refusing { $0.has("temperature") ? .refusal(words) : nil }) { strict in
            let more = #","temperature":0"#
            let told = await strict.ask(more: more)
            #expect(told.error?.isRefusal(saying: words) == true && strict.bodies.count == 1)
            #expect(await strict.ask(more: more, isOwn: true).text == "fine")
            #expect(await strict.ask(more: more, isOwn: true).text == "fine")
            #expect(strict.bodies.count == 4)
            #expect(await strict.ask(more: more).error?.isRefusal(saying: words) == true)
        }
    }

    // MARK: What stays the client's

    @Loop
    @Test(arguments: [
        (#","seed":1"#, "Unknown parameter: 'seed'."),
        (#","top_p":0.5"#, "top_p: Extra inputs are not permitted"),
        (#","stop":["a"]"#, "stop is not supported with this model"),
        (#","parallel_tool_calls":true"#, "Unrecognized request argument: parallel_tool_calls"),
    ])
    func `a member of the client's is refused with the provider's reason, after one request`(
        more: String,
        words: String
    ) async throws {
        try await withStrict(Refusing { _ in .refusal(words) }) { strict in
            for isStream in [true, false] {
                let told = await strict.ask(more: more, isStream: isStream)
                #expect(told.error?.isRefusal(saying: words) == true)
            }
            #expect(strict.bodies.count == 2 && strict.book.entries.isEmpty)
        }
    }

    @Loop @Test func `refusals without end are bounded, and the first is told`() async throws {
        try await withStrict(Refusing { _ in HTTPResponse(status: 422) }) { strict in
            let told = await strict.ask(more: #","user":"ann""#, isStream: true)
            #expect(told.error?.isRefusal(saying: "status 422") == true)
            #expect(strict.bodies.count <= QuirkTrial.mostAttempts)
            #expect(strict.book.entries.isEmpty)
        }
    }

    @Loop @Test func `a refusal without words is guessed at only while parts are unproven`()
        async throws
    {
        try await withStrict(Refusing { $0.has("seed") ? HTTPResponse(status: 400) : nil }) {
            strict in
            #expect(await strict.ask(isStream: true).text == "fine")
            let told = await strict.ask(more: #","seed":1"#, isStream: true)
            #expect(told.error?.isRefusal(saying: "status 400") == true)
            #expect(strict.bodies.count == 2)
        }
    }

    @Loop @Test func `one tenant's odd request takes a proven part from nobody else`()
        async throws
    {
        let words = "stream_options is not supported with n above 1"
        try await withStrict(
            Refusing { $0.has("n") && $0.has("stream_options") ? .refusal(words) : nil }
        ) {
            strict in
            _ = await strict.ask(isStream: true)
            for _ in 1...3 {
                #expect(await strict.ask(more: #","n":2"#, isStream: true).error == nil)
            }
            #expect(strict.book.entries.isEmpty)
            _ = await strict.ask(isStream: true)
            #expect(strict.last?.has("stream_options") == true)
        }
    }

    @Loop @Test func `a proven part that the server stops taking is left out for all in the end`()
        async throws
    {
        var isStrict = false
        let refusal = HTTPResponse.refusal("stream_options: Extra inputs are not permitted")
        try await withStrict(Refusing { isStrict && $0.has("stream_options") ? refusal : nil }) {
            strict in
            _ = await strict.ask(isStream: true)
            isStrict = true
            for _ in 1...QuirkLearner.mostDoubts {
                #expect(await strict.ask(isStream: true).text == "fine")
            }
            #expect(strict.book.entries.first?.quirks.without == [.streamOptions])
        }
    }

    // MARK: What is said beforehand

    @Loop @Test func `configured quirks are known from the first request on`() async throws {
        var quirks = Quirks()
        quirks.outputLimit = .maxCompletionTokens
        quirks.without = [.streamOptions, .developer]
        try await withStrict(Refusing { _ in nil }, quirks: quirks) { strict in
            let messages = #"[{"role":"developer","content":"a"},{"role":"user","content":"b"}]"#
            let more = #","max_tokens":100"#
            _ = await strict.ask(messages: messages, more: more, isStream: true)
            let sent = try #require(strict.last)
            #expect(
                sent.limits == ["max_completion_tokens"] && sent.sentRoles == ["system", "user"]
            )
            #expect(!sent.has("stream_options") && strict.bodies.count == 1)
        }
    }

    @Loop @Test func `what was learnt holds for its server, and for a limited time`() {
        let book = QuirkBook()
        var quirks = Quirks()
        quirks.leaveOut(.user)
        let now = Timestamp(milliseconds: 1_760_000_000_000)
        for model in 0..<(QuirkBook.most + 9) {
            book.learn(
                QuirkBook.Entry(
                    provider: "p",
                    model: "\(model)",
                    server: "s",
                    since: now,
                    quirks: quirks
                )
            )
        }
        let count = book.entries.count
        #expect(count == QuirkBook.most)
        let found = { (model: String, server: String, after: Duration) in
            book.quirks(of: "p", model, at: server, now: now + after).isEmpty
        }
        let last = "\(QuirkBook.most)"
        let known = [found(last, "s", .zero), found(last, "t", .zero), found("0", "s", .zero)]
        #expect(known == [false, true, true])
        let late = found(last, "s", QuirkBook.lifetime)
        #expect(late)
    }
}
