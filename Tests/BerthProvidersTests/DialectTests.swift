import BerthHTTP
import BerthLoop
import BerthProviders
import BerthTestKit
import BerthText
import Testing

/// Answers in the dialects of other servers, byte by byte.
@Suite(.loop, .timeLimit(.minutes(20))) struct DialectTests {
    /// One server's stream and its expected meaning.
    struct Dialect: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let body: String
        let told: Told

        init(_ name: String, _ body: String, _ told: Told) {
            (testDescription, self.body, self.told) = (name, body, told)
        }
    }

    private static func usage(_ input: Int, _ output: Int, bill: Int64? = nil) -> TokenUsage {
        TokenUsage(input: input, output: output, isEstimated: false, bill: bill)
    }

    private static func failed(_ text: String, _ message: String) -> Told {
        Told(text: text, error: .failedMidway(provider: "fake", message: message))
    }

    private static let good = Told(text: "Hi é", finish: "stop", usage: usage(9, 2))

    static let dialects = [
        Dialect(
            "OpenAI",
            """
            data: {"id":"c1","object":"chat.completion.chunk","choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}],"usage":null,"obfuscation":"x"}

            data: {"id":"c1","choices":[{"index":0,"delta":{"content":"Hi é"},"finish_reason":null}],"usage":null}

            data: {"id":"c1","choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"usage":null}

            data: {"id":"c1","choices":[],"usage":{"prompt_tokens":9,"completion_tokens":2,"total_tokens":11}}

            data: [DONE]


            """,
            good
        ),
        Dialect(
            "Ollama: the role in every delta, thinking beside the text, several events in one piece",
            """
            data: {"id":"chatcmpl-7","choices":[{"index":0,"delta":{"role":"assistant","content":"","reasoning":"hm"},"finish_reason":null}]}

            data: {"id":"chatcmpl-7","choices":[{"index":0,"delta":{"role":"assistant","content":"Hi é"},"finish_reason":null}]}

            data: {"id":"chatcmpl-7","choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":"stop"}]}

            data: {"id":"chatcmpl-7","choices":[],"usage":{"prompt_tokens":9,"completion_tokens":2,"total_tokens":11}}

            data: [DONE]


            """,
            good
        ),
        Dialect(
            "Ollama: a failure is an end without a reason",
            """
            data: {"choices":[{"index":0,"delta":{"role":"assistant","content":"Hi"},"finish_reason":null}]}


            """,
            Told(text: "Hi", error: .cut(provider: "fake"))
        ),
        Dialect(
            "llama.cpp: pings, null content, timings, CRLF",
            ": ping\r\n\r\n"
                + #"data: {"choices":[{"index":0,"delta":{"role":"assistant","content":null},"finish_reason":null}]}"#
                + "\r\n\r\n: ping\r\n\r\n"
                + #"data: {"choices":[{"index":0,"delta":{"reasoning_content":"hm"},"finish_reason":null}]}"#
                + "\r\n\r\n"
                + #"data: {"choices":[{"index":0,"delta":{"content":"Hi é"},"finish_reason":null}],"timings":{"n":1}}"#
                + "\r\n\r\n" + #"data:{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"#
                + "\r\n\r\n"
                + #"data:{"choices":[],"usage":{"prompt_tokens":9,"completion_tokens":2},"timings":{"n":1}}"#
                + "\r\n\r\ndata: [DONE] \r\n\r\n",
            good
        ),
        Dialect(
            "llama.cpp: an error whose code is a number",
            #"data: {"error":{"code":500,"message":"slot failed","type":"server_error"}}"# + "\n\n",
            failed("", "slot failed")
        ),
        Dialect(
            "vLLM: usage on every chunk, extra members",
            """
            data: {"choices":[{"index":0,"delta":{"content":"Hi"},"finish_reason":null,"stop_reason":null}],"usage":{"prompt_tokens":9,"completion_tokens":1}}

            data: {"choices":[{"index":0,"delta":{"content":" é"},"finish_reason":"stop","stop_reason":2}],"usage":{"prompt_tokens":9,"completion_tokens":2},"kv_transfer_params":null}

            data: [DONE]


            """,
            good
        ),
        Dialect(
            "vLLM: an error, and then the end as if nothing were wrong",
            """
            data: {"choices":[{"index":0,"delta":{"content":"Hi"},"finish_reason":null}]}

            data: {"error":{"message":"engine died","type":"InternalServerError","param":null,"code":500}}

            data: [DONE]


            """,
            failed("Hi", "engine died")
        ),
        Dialect(
            "OpenRouter: comments, cost, a usage chunk with a choice",
            """
            : OPENROUTER PROCESSING

            : OPENROUTER PROCESSING

            data: {"id":"gen-1","choices":[{"index":0,"delta":{"role":"assistant","content":"Hi é","reasoning":null},"finish_reason":null,"native_finish_reason":null}]}

            data: {"id":"gen-1","choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":"stop","native_finish_reason":"completed"}]}

            data: {"id":"gen-1","choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}],"usage":{"prompt_tokens":9,"completion_tokens":2,"cost":0.00012}}

            data: [DONE]


            """,
            Told(text: "Hi é", finish: "stop", usage: usage(9, 2, bill: 120))
        ),
        Dialect(
            "OpenRouter: an error after the start, with status 200",
            """
            : OPENROUTER PROCESSING

            data: {"id":"gen-1","choices":[{"index":0,"delta":{"content":"Hi"},"finish_reason":null}]}

            data: {"id":"gen-1","error":{"code":502,"message":"Provider disconnected","metadata":{"a":1}},"choices":[{"index":0,"delta":{"content":""},"finish_reason":"error"}]}


            """,
            failed("Hi", "Provider disconnected")
        ),
        Dialect(
            "Groq: usage in x_groq of the last chunk",
            """
            data: {"choices":[{"index":0,"delta":{"role":"assistant","content":"Hi é"},"finish_reason":null}],"x_groq":{"id":"req_1"}}

            data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"x_groq":{"id":"req_1","usage":{"queue_time":0.1,"prompt_tokens":9,"completion_tokens":2,"total_time":0.2}}}

            data: [DONE]


            """,
            good
        ),
        Dialect(
            "Groq: an error in x_groq",
            #"data: {"choices":[],"x_groq":{"id":"req_1","error":"over capacity"}}"# + "\n\n",
            failed("", "over capacity")
        ),
        Dialect(
            "LiteLLM: the usage chunk has an empty choice, null members are left out",
            """
            data: {"choices":[{"index":0,"delta":{"role":"assistant","content":"Hi é"}}]}

            data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}

            data: {"choices":[{"index":0,"delta":{}}],"usage":{"prompt_tokens":9,"completion_tokens":2}}

            data: [DONE]


            """,
            good
        ),
        Dialect(
            "a bare string as an error",
            #"data: {"error":"no such model"}"# + "\n\n",
            failed("", "no such model")
        ),
        Dialect(
            "an error of an unknown kind",
            "data: {\"error\":7}\n\n",
            failed("", "an error without a message")
        ),
        Dialect(
            "named events, empty ones, data in two lines, no space",
            "event: chunk\ndata:{\"choices\":[{\"delta\":\ndata:{\"content\":\"Hi é\"},"
                + "\"finish_reason\":\"stop\"}]}\n\ndata:\n\ndata: \n\nevent: ping\n\n"
                + "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":2}}\n\n"
                + "data: [DONE]\n\n",
            good
        ),
        Dialect(
            "half a usage is none, nonsense is bounded",
            """
            data: {"choices":[{"delta":{"content":"Hi"}}],"usage":{"prompt_tokens":9}}

            data: {"choices":[{"delta":{},"finish_reason":"stop"}],"usage":{"prompt_tokens":-1,"completion_tokens":2}}

            data: {"choices":[],"usage":{"prompt_tokens":9,"completion_tokens":4000000000000}}

            data: [DONE]


            """,
            Told(text: "Hi", finish: "stop", usage: usage(9, 100_000_000))
        ),
        Dialect(
            "choices of the wrong kind are no text",
            """
            data: {"choices":null}

            data: {"choices":[7,{"delta":{"content":"x"}}]}

            data: {"choices":[{"delta":{"content":["x"]},"finish_reason":3}]}

            data: {}

            data: [DONE]


            """,
            Told(text: "x", error: .cut(provider: "fake"))
        ),
        Dialect(
            "a chunk that is a list",
            "data: [1]\n\n",
            Told(
                error: .malformed(
                    provider: "fake",
                    reason: "invalid JSON at byte 0: an object is expected"
                )
            )
        ),
        Dialect(
            "nothing at all",
            "",
            Told(error: .cut(provider: "fake"))
        ),
    ]

    static let head = "200 OK\r\nContent-Type: text/event-stream; charset=utf-8"

    @Loop @Test(arguments: dialects)
    func `a stream is read as it was meant`(dialect: Dialect) async throws {
        let asker = Asker()
        try await withAnswer(DialectTests.head, dialect.body) { url, _ in
            let told = await asker.stream(try asker.provider(url), try asker.call())
            #expect(told == dialect.told)
        }
    }

    @Loop @Test(arguments: dialects)
    func `however a stream is cut into pieces, it says the same`(dialect: Dialect) async throws {
        let asker = Asker()
        let server = try ScriptedServer { connection in
            try await connection.request()
            try await connection.send("HTTP/1.1 \(DialectTests.head)\r\nConnection: close\r\n\r\n")
            try await connection.drip(dialect.body)
        }
        let told = await asker.stream(try asker.provider(server.url + "/v1"), try asker.call())
        await server.stop()
        #expect(told == dialect.told)
    }

    @Loop
    @Test(arguments: ["text/event-stream", "Text/Event-Stream", "text/event-stream;charset=UTF-8"])
    func `the type of a stream is known without case`(type: String) async throws {
        let asker = Asker()
        try await withAnswer("200 OK\r\ncontent-TYPE: \(type)", DialectTests.dialects[0].body) {
            url,
            _ in
            let told = await asker.stream(try asker.provider(url), try asker.call())
            #expect(told == DialectTests.good)
        }
    }

    @Loop @Test func `a chunk is as many pieces as it says things`() async throws {
        let body = """
            data: {"choices":[{"delta":{"content":"a"}}],"usage":{"prompt_tokens":1,"completion_tokens":1}}

            data: {"choices":[{"delta":{},"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":1}}

            data: {"choices":[{"index":0,"delta":{}}],"usage":{"prompt_tokens":1,"completion_tokens":1}}

            data: {"choices":[],"usage":{"prompt_tokens":1,"completion_tokens":1}}

            data: {"choices":[],"usage":null}

            data: [DONE]


            """
        let asker = Asker()
        var pieces: [String] = []
        try await withAnswer(DialectTests.head, body) { url, _ in
            let stream = try await asker.provider(url).stream(try asker.call())
            while let piece = try await stream.next() {
                switch piece {
                case .text: pieces.append("text")
                case .finish: pieces.append("finish")
                case .usage: pieces.append("usage")
                case .toolCall, .raw, .whole: pieces.append("unexpected")
                }
            }
        }
        #expect(pieces == ["text", "usage", "finish", "usage", "usage", "usage"])
    }

    // MARK: The connection

    /// Makes a server whose answer ends some turns of the loop after `[DONE]`, or never.
    @Loop private func makeServer(ends: Bool) throws -> ScriptedServer {
        try ScriptedServer { connection in
            while true {
                try await connection.request()
                try await connection.send(
                    "HTTP/1.1 \(DialectTests.head)\r\nTransfer-Encoding: chunked\r\n\r\n"
                )
                let body = DialectTests.dialects[0].body
                try await connection.send("\(String(body.utf8.count, radix: 16))\r\n\(body)\r\n")
                guard ends else { return try await connection.untilClosed() }
                await settle()
                try await connection.send("0\r\n\r\n")
            }
        }
    }

    @Loop @Test func `the next stream takes the connection of the last`() async throws {
        let (asker, server) = (Asker(), try makeServer(ends: true))
        for _ in 0..<3 {
            let told = await asker.stream(try asker.provider(server.url + "/v1"), try asker.call())
            #expect(told == DialectTests.good)
        }
        let connections = server.connections.count
        #expect(connections == 1)
        await server.stop()
    }

    @Loop @Test func `a server that never ends its transfer does not hold the answer`() async throws
    {
        let (asker, server) = (Asker(), try makeServer(ends: false))
        let provider = try asker.provider(server.url + "/v1", clock: SystemClock())
        let told = await asker.stream(provider, try asker.call())
        let transfers = asker.client.transfers
        #expect(told == DialectTests.good)
        #expect(transfers == 0)
        await server.stop()
    }

    @Loop @Test func `a stream that stands still is too slow`() async throws {
        let asker = Asker()
        let server = try ScriptedServer { connection in
            try await connection.request()
            try await connection.send("HTTP/1.1 \(DialectTests.head)\r\n\r\n")
            try await connection.send("data: {\"choices\":[{\"delta\":{\"content\":\"Hi\"}}]}\n\n")
            try await connection.untilClosed()
        }
        let stream = try await asker.provider(server.url + "/v1").stream(try asker.call())
        let first = try await stream.next()?.text
        var error: ProviderError?
        let pool = TaskPool()
        pool.spawn {
            do throws(ProviderError) { _ = try await stream.next() } catch let failure {
                error = failure
            }
        }
        await settle()
        asker.clock.advance(by: .seconds(60))
        await pool.drain()
        let reason = "127.0.0.1:\(server.port): its answer stopped coming for 60 s: try again"
        let reported = error
        #expect(first == "Hi")
        #expect(reported == .timedOut(provider: "fake", reason: reason))
        await server.stop()
    }
}
