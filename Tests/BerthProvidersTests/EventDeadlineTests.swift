import BerthHTTP
import BerthLoop
import BerthMemory
import BerthProviders
import BerthTestKit
import Testing

@testable import BerthConfig

/// The deadlines of an answer's next event, over real connections.
@Suite(.loop, .timeLimit(.minutes(20))) struct EventDeadlineTests {
    private static let head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"
    private static let word = #"data: {"choices":[{"index":0,"delta":{"content":"hi"}}]}"# + "\n\n"

    private static func delta(_ members: String) -> String {
        #"data: {"choices":[{"index":0,"delta":{\#(members)}}]}"# + "\n\n"
    }

    /// Events that keep an OpenAI-like stream open and say nothing.
    private static let silences = [
        ": ping\n\n", "\n\n", "event: ping\n\n", "data:\n\n", "data: {}\n\n", "data: {\"choi",
        "data: {\"choices\":[]}\n\n", delta(""), delta(#""role":"assistant""#),
        delta(#""role":"assistant","content":"""#), delta(#""content":"""#),
        delta(#""content":null"#), delta(#""content":"\n \t""#), delta(#""content":"\u200b""#),
        delta(#""content":"","reasoning":"""#), delta(#""reasoning_details":[]"#),
        delta(
            #""tool_calls":[{"index":0,"id":"c","type":"function","function":{"name":"f","arguments":""}}]"#
        ),
        #"data: {"choices":[],"usage":{"prompt_tokens":1,"completion_tokens":1}}"# + "\n\n",
        #"data: {"choices":[{"index":1,"delta":{"content":""}}]}"# + "\n\n",
    ]

    private static func anthropic(_ type: String, _ members: String = "") -> String {
        "event: \(type)\ndata: {\"type\":\"\(type)\"\(members)}\n\n"
    }

    /// The same of Anthropic.
    private static let anthropicSilences = [
        ": ping\n\n", anthropic("ping"), anthropic("unknown"),
        anthropic("message_start", #","message":{"usage":{"input_tokens":1,"output_tokens":1}}"#),
        anthropic("content_block_start", #","index":0,"content_block":{"type":"text","text":""}"#),
        anthropic(
            "content_block_delta",
            #","index":0,"delta":{"type":"text_delta","text":""}"#
        ),
        anthropic(
            "content_block_delta",
            #","index":0,"delta":{"type":"input_json_delta","partial_json":""}"#
        ),
        anthropic("content_block_stop", #","index":0"#),
        anthropic("message_delta", #","delta":{},"usage":{"output_tokens":1}"#),
    ]

    /// Has a provider send `first` and then a `ping` every 20 s for ten minutes.
    ///
    /// With `isSeen` each ping makes a piece, which is waited for. The result comes with the time
    /// after which it came.
    @Loop private func end(
        after first: String,
        ping: String,
        isSeen: Bool = false,
        isAnthropic: Bool = false
    ) async throws -> (Told, Duration) {
        let (asker, pings, begun) = (Asker(), Wakeup(), Wakeup())
        let server = try ScriptedServer { connection in
            try await connection.request()
            try await connection.send(Self.head + first)
            begun.signal()
            while true {
                try await pings.wait()
                try await connection.send(ping)
            }
        }
        let provider: any ChatProvider =
            isAnthropic ? try asker.anthropic(server.url) : try asker.provider(server.url)
        let (call, pool) = (try asker.call(), TaskPool())
        var (told, pieces, isDone) = (Told(), 0, false)
        pool.spawn {
            do throws(ProviderError) {
                let stream = try await provider.stream(call)
                while let piece = try await stream.next() {
                    told.add(piece)
                    pieces += 1
                }
            } catch { told.error = error }
            isDone = true
        }
        try await begun.wait()
        if !first.isEmpty { _ = await eventually { pieces > 0 } }
        await settle()
        let start = asker.clock.now
        while !isDone, asker.clock.now - start < .seconds(600) {
            let seen = pieces
            pings.signal()
            if isSeen { _ = await eventually { pieces > seen || isDone } }
            await settle()
            asker.clock.advance(by: .seconds(20))
            await settle()
        }
        let time = asker.clock.now - start
        pool.cancelAll()
        await pool.drain()
        await server.stop()
        let held = call.account.held
        #expect(held == .zero)
        return (told, time)
    }

    @Loop @Test(arguments: silences)
    func `a provider that only keeps its stream open is ended after the first event's deadline`(
        ping: String
    ) async throws {
        let (told, time) = try await end(after: "", ping: ping)
        guard case .timedOut(_, let reason) = told.error else {
            Issue.record("\(ping): \(told)")
            return
        }
        #expect(reason.contains("stopped coming for 120 s"))
        #expect(time <= .seconds(120))
    }

    @Loop @Test(arguments: silences)
    func `a provider that goes silent amid its answer is ended after the next event's deadline`(
        ping: String
    ) async throws {
        let (told, time) = try await end(after: Self.word, ping: ping)
        guard case .timedOut(_, let reason) = told.error else {
            Issue.record("\(ping): \(told)")
            return
        }
        #expect(reason.contains("stopped coming for 60 s"))
        #expect(time <= .seconds(80))
    }

    @Loop @Test(arguments: anthropicSilences)
    func `the same of Anthropic`(ping: String) async throws {
        let (first, slow) = try await end(after: "", ping: ping, isAnthropic: true)
        guard case .timedOut = first.error else {
            Issue.record("\(ping): \(first)")
            return
        }
        #expect(slow <= .seconds(120))
        let text = #","index":0,"delta":{"type":"text_delta","text":"hi"}"#
        let said = Self.anthropic("content_block_delta", text)
        let (next, time) = try await end(after: said, ping: ping, isAnthropic: true)
        guard case .timedOut = next.error else {
            Issue.record("\(ping): \(next)")
            return
        }
        #expect(time <= .seconds(80))
    }

    @Loop
    @Test(
        arguments: [
            delta(#""content":"a""#), delta(#""content":" é""#), delta(#""reasoning":"hm""#),
            delta(#""reasoning_content":"hm""#), delta(#""reasoning_details":[{"text":"hm"}]"#),
            delta(#""tool_calls":[{"index":0,"function":{"arguments":"{"}}]"#),
            #"data: {"choices":[{"index":1,"delta":{"content":"b"}}]}"# + "\n\n",
        ]
    )
    func `an answer that goes on, however slowly, is not ended`(piece: String) async throws {
        let (told, time) = try await end(after: "", ping: piece, isSeen: true)
        #expect(told.error == nil || told.error == .cancelled)
        #expect(time >= .seconds(600))
    }

    @Loop @Test(arguments: ["thinking", "text", "partial_json", "signature"])
    func `hidden thinking is an event too`(member: String) async throws {
        let delta = #","index":0,"delta":{"type":"\#(member)_delta","\#(member)":"hm"}"#
        let space = #","index":0,"delta":{"type":"text_delta","text":" "}"#
        // The space makes a piece, and is no event.
        let event =
            Self.anthropic("content_block_delta", delta)
            + Self.anthropic("content_block_delta", space)
        let (told, time) = try await end(after: "", ping: event, isSeen: true, isAnthropic: true)
        #expect(told.error == nil || told.error == .cancelled)
        #expect(time >= .seconds(600))
    }

    // MARK: Whole answers without a sign of their end

    private static func end(_ more: String = "") -> String {
        #"data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]\#(more)}"# + "\n\n"
    }

    private static let usage = #""usage":{"prompt_tokens":1,"completion_tokens":1}"#
    private static let counted = #"data: {"choices":[],\#(usage)}"# + "\n\n"

    /// Streams that are whole and stay open, each with the most time until their end.
    private static let open: [(String, Int64)] = [
        (word + end("," + usage), 2), (word + end() + counted, 2),
        (word + counted + end(), 10), (word + end(), 10),
        (word + end() + counted + #"data: {"choices":[]}"# + "\n\n", 2),
        (
            #"data: {"choices":[{"index":0,"delta":{"content":"hi"},"finish_reason":"length"}],\#(usage)}"#
                + "\n\n", 2
        ),
    ]

    @Loop @Test(arguments: open)
    func `a whole answer whose stream stays open ends after a short time`(
        body: String,
        seconds: Int64
    ) async throws {
        let pings = ["", ": ping\n\n", "data: {}\n\n", #"data: {"choices":[]}"# + "\n\n"]
        try await checkEnd(of: body, within: seconds, pings)
    }

    private static let hello =
        anthropic("message_start", #","message":{"usage":{"input_tokens":1,"output_tokens":1}}"#)
        + anthropic("content_block_delta", #","index":0,"delta":{"type":"text_delta","text":"hi"}"#)

    private static func stops(_ reason: String, _ more: String = "") -> String {
        anthropic("message_delta", #","delta":{"stop_reason":"\#(reason)"}\#(more)"#)
    }

    private static let spent = #","usage":{"output_tokens":1}"#

    /// The same of Anthropic, without `message_stop`.
    private static let anthropicOpen: [(String, Int64)] = [
        (hello + stops("end_turn", spent), 2), (hello + stops("max_tokens", spent), 2),
        (hello + anthropic("content_block_stop", #","index":0"#) + stops("refusal", spent), 2),
        (hello + stops("end_turn", spent) + anthropic("ping"), 2),
        (hello + stops("end_turn", spent) + anthropic("message_delta", #","delta":{}"#), 2),
    ]

    @Loop @Test(arguments: anthropicOpen)
    func `the same of Anthropic without its last event`(
        body: String,
        seconds: Int64
    ) async throws {
        let pings = ["", ": ping\n\n", Self.anthropic("ping")]
        try await checkEnd(of: body, within: seconds, pings, isAnthropic: true)
    }

    @Loop @Test(arguments: [true, false])
    func `an answer is whole though its connection ends after the reason`(
        isAnthropic: Bool
    ) async throws {
        let body =
            isAnthropic
            ? Self.hello + Self.stops("end_turn", Self.spent)
            : Self.word + Self.end("," + Self.usage)
        let size = String(body.utf8.count, radix: 16)
        let chunked =
            "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
            + "Transfer-Encoding: chunked\r\n\r\n\(size)\r\n\(body)\r\n"
        // The second one breaks off without its last chunk.
        for answer in [Self.head + body, chunked] {
            let asker = Asker()
            let server = try ScriptedServer { connection in
                try await connection.request()
                try await connection.send(answer)
            }
            let provider: any ChatProvider =
                isAnthropic ? try asker.anthropic(server.url) : try asker.provider(server.url)
            let told = await asker.stream(provider, try asker.call())
            #expect(told.text == "hi" && told.error == nil && told.finish == "stop", "\(told)")
            #expect(told.usage?.output == 1)
            await server.stop()
        }
    }

    /// Has a provider send a body and then pings, and checks that the answer ends in time.
    @Loop private func checkEnd(
        of body: String,
        within seconds: Int64,
        _ pings: [String],
        isAnthropic: Bool = false
    ) async throws {
        for ping in pings {
            let (asker, pings, begun) = (Asker(), Wakeup(), Wakeup())
            let server = try ScriptedServer { connection in
                try await connection.request()
                try await connection.send(Self.head + body)
                begun.signal()
                while true {
                    try await pings.wait()
                    if !ping.isEmpty { try await connection.send(ping) }
                }
            }
            let provider: any ChatProvider =
                isAnthropic ? try asker.anthropic(server.url) : try asker.provider(server.url)
            let call = try asker.call()
            var told: Told?
            let pool = TaskPool()
            pool.spawn { told = await asker.stream(provider, call) }
            try await begun.wait()
            await settle()
            let start = asker.clock.now
            while told == nil, asker.clock.now - start < .seconds(100) {
                pings.signal()
                await settle()
                asker.clock.advance(by: .milliseconds(500))
                await settle()
            }
            let time = asker.clock.now - start
            #expect(told?.text == "hi" && told?.error == nil && told?.finish != nil, "\(ping)")
            #expect(time <= .seconds(seconds + 2) && time >= .seconds(1), "\(time)")
            pool.cancelAll()
            await pool.drain()
            await server.stop()
            let held = call.account.held
            #expect(held == .zero)
        }
    }

    @Loop @Test(arguments: [" ", "\n", "x"])
    func `a whole answer that trickles is ended after its deadline`(drop: String) async throws {
        for (status, limit) in [("200 OK", 600), ("500 Broken", 60)] as [(String, Int64)] {
            let (asker, drops, begun) = (Asker(), Wakeup(), Wakeup())
            let server = try ScriptedServer { connection in
                try await connection.request()
                try await connection.send("HTTP/1.1 \(status)\r\nContent-Length: 9999\r\n\r\n")
                begun.signal()
                while true {
                    try await drops.wait()
                    try await connection.send(drop)
                }
            }
            let (provider, call) = (try asker.provider(server.url), try asker.call())
            var told: Told?
            let pool = TaskPool()
            pool.spawn { told = await asker.complete(provider, call) }
            try await begun.wait()
            await settle()
            let start = asker.clock.now
            while told == nil, asker.clock.now - start < .seconds(2 * limit) {
                drops.signal()
                await settle()
                asker.clock.advance(by: .seconds(limit / 12))
                await settle()
            }
            let time = asker.clock.now - start
            #expect(time <= .seconds(limit + limit / 12))
            #expect(told?.error != nil)
            pool.cancelAll()
            await pool.drain()
            await server.stop()
        }
    }

    @Loop @Test func `a list of models that trickles is ended after 20 s`() async throws {
        let (clock, drops, begun) = (ManualClock(), Wakeup(), Wakeup())
        let server = try ScriptedServer { connection in
            try await connection.request()
            try await connection.send("HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n")
            begun.signal()
            while true {
                try await drops.wait()
                try await connection.send("x")
            }
        }
        let settings = Configuration.Provider(
            name: "p",
            kind: .openai,
            baseURL: try #require(WebURL(server.url)),
            apiKey: nil
        )
        let client = HTTPClient(in: .quiet(clock))
        var list: ModelList?
        let pool = TaskPool()
        pool.spawn { list = await ModelList.fetch(of: settings, client, by: clock) }
        try await begun.wait()
        await settle()
        for _ in 0..<20 where list == nil {
            drops.signal()
            await settle()
            clock.advance(by: .seconds(2))
            await settle()
        }
        let elapsed = clock.now - Instant(nanoseconds: 0)
        #expect(elapsed <= .seconds(22))
        guard case .unreachable(let reason) = list else {
            Issue.record("\(String(describing: list))")
            return
        }
        #expect(reason.contains("20 s"))
        pool.cancelAll()
        await pool.drain()
        await server.stop()
    }
}
