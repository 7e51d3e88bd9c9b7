import BerthHTTP
import BerthLoop
import BerthMemory
import BerthProviders
import BerthSimulation
import BerthTelemetry
import BerthTestKit
import BerthText
import Testing

@testable import BerthConfig

/// A test's client and calls.
///
/// The client's clock stands still, so that no deadline expires by itself.
@Loop struct Asker {
    /// The API key, which no error text may contain.
    nonisolated static let key = "sk-test-0123456789"

    let clock = ManualClock()
    let client: HTTPClient
    let budget = MemoryBudget(limit: .mebibytes(64))

    init(maxTransfers: Int = 512) {
        client = HTTPClient(in: .quiet(clock), maxTransfers: maxTransfers)
    }

    /// Makes a provider called `fake` at `url`.
    func provider(
        _ url: String,
        key: String? = Asker.key,
        clock: (any Clock)? = nil
    ) throws -> OpenAIProvider {
        let settings = Configuration.Provider(
            name: "fake",
            kind: .openai,
            baseURL: try #require(WebURL(url)),
            apiKey: key.map { Secret($0) }
        )
        return OpenAIProvider(settings, client: client, in: .quiet(clock ?? self.clock))
    }

    /// Makes an Anthropic provider called `fake` at `url`.
    func anthropic(_ url: String, key: String? = Asker.key) throws -> AnthropicProvider {
        let settings = Configuration.Provider(
            name: "fake",
            kind: .anthropic,
            baseURL: try #require(WebURL(url)),
            apiKey: key.map { Secret($0) }
        )
        return AnthropicProvider(settings, client: client, in: .quiet(clock))
    }

    /// Makes a question to `model`.
    ///
    /// `more` has further members, each with a comma before it.
    func call(
        _ model: String = "any",
        more: String = "",
        output: Int = 100,
        quota: ByteCount = .mebibytes(32)
    ) throws -> ChatCall {
        let messages = #"[{"role":"user","content":"hi there"}]"#
        return try call(model, messages: messages, more: more, output: output, quota: quota)
    }

    /// Makes a question to `model` with `messages`, a JSON list.
    func call(
        _ model: String = "any",
        messages: String,
        more: String = "",
        output: Int = 100,
        quota: ByteCount = .mebibytes(32)
    ) throws -> ChatCall {
        let text = #"{"model":"berth","messages":\#(messages)\#(more)}"#
        return ChatCall(
            request: try JSONObject(Array(text.utf8)),
            model: model,
            maximumOutput: output,
            user: "u-hash",
            memory: PrepaidMemory(of: budget.account(for: "ann", quota: quota))
        )
    }

    /// Reads a streamed answer up to its end or error.
    ///
    /// With `taking`, the pieces that have come already are taken without a wait.
    func stream(
        _ provider: any ChatProvider,
        _ call: ChatCall,
        taking: Bool = false
    ) async -> Told {
        var told = Told()
        do throws(ProviderError) {
            let stream = try await provider.stream(call)
            while let chunk = try await stream.next() {
                told.add(chunk)
                while taking, let chunk = try stream.taken() {
                    told.add(chunk)
                    told.taken += 1
                }
            }
        } catch { told.error = error }
        return told
    }

    /// Reads a whole answer.
    func complete(_ provider: any ChatProvider, _ call: ChatCall) async -> Told {
        do throws(ProviderError) {
            let answer = try await provider.complete(call)
            let choice = answer.object.elements("choices")?.first
            let finish = choice.flatMap { answer.object.object(at: $0) }?.string("finish_reason")
            let usage = answer.usage == .unknown ? nil : answer.usage
            return Told(text: answer.text, finish: finish, usage: usage)
        } catch { return Told(error: error) }
    }
}

/// The result of a call.
struct Told: Equatable, Sendable {
    var text = ""
    var finish: String?
    var usage: TokenUsage?
    var error: ProviderError?
    /// The pieces that were taken without a wait.
    var taken = 0

    mutating func add(_ piece: AnswerPiece) {
        text += piece.text
        finish = piece.finish ?? finish
        if case .usage(let tokens, _) = piece { usage = tokens }
    }
}

/// Runs `test` against the fake on a real server, then stops the server.
///
/// `clock` is the fake's clock; the server uses the system clock. `handler` wraps the fake's
/// handler.
@Loop func withFake(
    pace: FakeOpenAI.Pace = .init(tokens: 3),
    clock: any Clock = SystemClock(),
    handler: (@escaping HTTPHandler) -> HTTPHandler = { $0 },
    _ test: @Loop (_ url: String, FakeOpenAI) async throws -> Void
) async throws {
    let fake = FakeOpenAI(pace: pace, in: .quiet(clock))
    try await withServer(handler(fake.handler)) { url in try await test(url + "/v1", fake) }
}

/// Runs `test` against the Anthropic fake, like ``withFake(pace:clock:handler:_:)``.
@Loop func withAnthropic(
    pace: FakeOpenAI.Pace = .init(tokens: 3),
    clock: any Clock = SystemClock(),
    handler: (@escaping HTTPHandler) -> HTTPHandler = { $0 },
    _ test: @Loop (_ url: String, FakeAnthropic) async throws -> Void
) async throws {
    let fake = FakeAnthropic(pace: pace, in: .quiet(clock))
    try await withServer(handler(fake.handler)) { url in try await test(url, fake) }
}

/// Runs `test` against a real server, then stops the server.
@Loop func withServer(
    _ handler: @escaping HTTPHandler,
    _ test: @Loop (_ url: String) async throws -> Void
) async throws {
    let server = try HTTPServer(
        listen: .tcp(host: "127.0.0.1", port: 0),
        limits: .patient,
        in: .quiet()
    )
    let (stop, pool) = (Stop(), TaskPool())
    pool.spawn { try? await server.serve(until: stop, handler) }
    do { try await test("http://127.0.0.1:\(server.port)") } catch {
        pool.cancelAll()
        throw error
    }
    stop.request()
    await pool.drain()
}

/// Runs `test` against a server that answers every request with the same bytes and then closes.
@Loop func withAnswer(
    _ head: String,
    _ body: String,
    _ test: @Loop (_ url: String, ScriptedServer) async throws -> Void
) async throws {
    let server = try ScriptedServer { connection in
        try await connection.request()
        try await connection.send("HTTP/1.1 \(head)\r\nConnection: close\r\n\r\n\(body)")
    }
    do { try await test(server.url + "/v1", server) } catch {
        await server.stop()
        throw error
    }
    await server.stop()
}
