import BerthBot
import BerthChannels
import BerthConfig
import BerthHTTP
import BerthLoop
import BerthProviders
import BerthStore
import BerthTestKit
import BerthText
import BerthWork
import Testing

/// The vendors' answers and errors, each with what the API client, the chat user and the ledger get.
@Suite(.loop, .serialized, .timeLimit(.minutes(10))) struct ConformanceTests {
    private static let shapes: [Shape] =
        Shape.openAI + Shape.azure + Shape.anthropic + Shape.google + Shape.mistral
        + Shape.deepSeek + Shape.xAI + Shape.groq + Shape.openRouter + Shape.together
        + Shape.fireworks + Shape.ollama + Shape.llamaCpp + Shape.vLLM + Shape.lmStudio
        + Shape.anybody + Shape.accidents + Shape.promptCache

    private static func setup(_ shape: Shape) -> Setup {
        Setup { settings in
            settings.chatModels.removeAll { $0.provider != "hand" }
            let hand = settings.providers.firstIndex { $0.name == "hand" }
            if let hand, shape.vendor.isAnthropic { settings.providers[hand].kind = .anthropic }
        }
    }

    @Test func `there are at least two hundred shapes`() {
        #expect(ConformanceTests.shapes.count >= 200)
    }

    @Loop @Test(arguments: shapes)
    func `everybody gets what the vendor's answer means`(shape: Shape) async throws {
        try await withBot(ConformanceTests.setup(shape)) { bot in
            let pool = TaskPool()
            pool.spawn {
                while let call = try? await bot.hand.next() { call.answer(shape.response) }
            }
            defer { pool.cancelAll() }

            let api = try await ask(bot, shape)
            let told = shape.told
            #expect(api.text == told.text)
            #expect(api.reasoning == told.reasoning)
            #expect(api.finish == told.finish)
            #expect(api.call == told.call)
            #expect(api.links == told.links)
            #expect(api.code == told.code)
            #expect(api.says.contains(told.says), "\(api.says)")
            if api.status != 200 { #expect(api.status == told.status) }
            #expect(api.wait == told.wait)

            let used = try await bot.used()
            #expect(used.requests == (told.isBought ? 1 : 0))
            if let usage = told.usage { #expect([used.inputTokens, used.outputTokens] == usage) }
            #expect(used.cachedTokens == told.cached)

            bot.clock.advance(by: .seconds(86_400))
            let session = try await bot.session()
            let turn = try await bot.bot.turns.begin("hi", in: session, by: bot.ann)
            let (text, outcome) = try await turn.ended()
            #expect(text == told.text)
            let isWhole = told.finish != nil && !told.text.isEmpty
            #expect(outcome.end == (isWhole ? .done : .failed))
            let shown = try #require(try await bot.history(session).last)
            #expect(shown.answer == told.text)
            #expect((shown.reasoning ?? "") == told.reasoning)
            #expect((shown.sources ?? []).map(\.url) == told.links)
            if isWhole { #expect(shown.ending == told.ending ?? told.finish && shown.error == nil) }
            if told.finish == nil { #expect(shown.error?.contains(told.says) == true) }
            #expect(told.logged.isEmpty || bot.lines.all.contains { $0.contains(told.logged) })
            if told.call != nil { #expect(shown.error?.contains("a tool") == true) }
        }
    }

    // MARK: The API client

    private struct Client: Equatable {
        var text = "", reasoning = "", says = ""
        var finish: String?, call: String?, code: String?
        var links: [String] = []
        var status = 200
        var wait: Int?

        mutating func add(_ message: JSONObject?, of object: JSONObject) {
            text += message?.string("content") ?? message?.string("refusal") ?? ""
            reasoning += message?.string("reasoning_content") ?? message?.string("reasoning") ?? ""
            for range in message?.elements("tool_calls") ?? [] {
                let function = message?.object(at: range)?.object("function")
                call = (call ?? "") + (function?.string("name").map { $0 + " " } ?? "")
                call? += function?.string("arguments") ?? ""
            }
            for range in message?.elements("annotations") ?? [] {
                let url = message?.object(at: range)?.object("url_citation")?.string("url")
                links.append(url ?? "?")
            }
            let context = message?.object("context")
            for range in context?.elements("citations") ?? [] {
                links.append(context?.object(at: range)?.string("url") ?? "?")
            }
            for range in object.elements("citations") ?? [] {
                let url = JSONObject.text(object.bytes[range])
                if !links.contains(url) { links.append(url) }
            }
        }

        mutating func add(error: JSONObject?) {
            (code, says) = (error?.string("code"), error?.string("message") ?? "?")
            finish = nil
        }
    }

    @Loop private func ask(_ bot: BotFixture, _ shape: Shape) async throws -> Client {
        let body = #"{"model":"hand/m","messages":[{"role":"user","content":"hi"}]"#
        var client = Client()
        guard shape.isStream else {
            let answer = try await bot.chat(body + "}")
            client.status = answer.status
            client.wait = answer.headers["retry-after"].flatMap { Int($0) }
            if let error = answer.error { client.add(error: error) }
            guard let object = answer.object, let range = object.elements("choices")?.first else {
                return client
            }
            let choice = object.object(at: range)
            client.add(choice?.object("message"), of: object)
            client.finish = choice?.string("finish_reason")
            return client
        }
        let reader = try await bot.stream(body + #","stream":true}"#)
        client.status = reader.response.status
        client.wait = reader.response.headers["retry-after"].flatMap { Int($0) }
        guard client.status == 200 else {
            client.add(error: try await Answer(reader.response).error)
            return client
        }
        for event in try await reader.rest() {
            // A client has no bounds of its own.
            guard let object = try? JSONObject(answer: event.data) else { continue }
            if object.has("error") { client.add(error: object.object("error")) }
            let choices = (object.elements("choices") ?? []).compactMap { object.object(at: $0) }
            guard let choice = choices.first(where: { ($0.integer("index") ?? 0) == 0 }) else {
                continue
            }
            client.add(choice.object("delta"), of: object)
            client.finish = choice.string("finish_reason") ?? client.finish
        }
        return client
    }
}

extension Shape {
    /// The vendor's answer as a server sends it.
    fileprivate var response: HTTPResponse {
        var headers: HTTPHeaders = ["content-type": type]
        for field in fields {
            let parts = field.split(separator: ":", maxSplits: 1)
            headers[String(parts[0])] = parts[1].trimmingPrefix(" ").description
        }
        return HTTPResponse(status: status, headers: headers, body: .bytes(Array(body.utf8)))
    }
}
