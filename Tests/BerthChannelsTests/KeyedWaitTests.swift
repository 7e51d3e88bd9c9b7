import BerthBot
import BerthConfig
import BerthHTTP
import BerthLoop
import BerthProviders
import BerthQueue
import BerthTestKit
import BerthText
import BerthWork
import Testing

/// Streaming clients with an `Idempotency-Key` that wait for the beginning of their answer.
@Suite(.loop, .timeLimit(.minutes(20))) struct KeyedWaitTests {
    private static func body(_ stream: Bool = true) -> [UInt8] {
        let messages = #"[{"role":"user","content":"hi"}]"#
        return Array(#"{"model":"hand/m","stream":\#(stream),"messages":\#(messages)}"#.utf8)
    }

    /// Sends a request with a key, and puts its response when it begins.
    @Loop private func send(
        _ bot: BotFixture,
        stream: Bool = true,
        in pool: TaskPool
    ) -> Mailbox<HTTPClientResponse> {
        let told = Mailbox<HTTPClientResponse>()
        let (key, body) = (bot.key, Self.body(stream))
        pool.spawn {
            let response = try? await bot.send(
                "POST",
                "/v1/chat/completions",
                body,
                as: .key(key),
                [("idempotency-key", "k")]
            )
            if let response { told.put(response) }
        }
        return told
    }

    /// The next piece of a body.
    @Loop private func piece(_ response: HTTPClientResponse) async throws -> String {
        String(decoding: try #require(try await response.next()), as: UTF8.self)
    }

    @Loop @Test func `a client with a key gets its header and comments while it waits`()
        async throws
    {
        try await withBot { bot in
            let pool = TaskPool()
            let told = send(bot, in: pool)
            let call = try await bot.hand.call()
            bot.clock.advance(by: .seconds(10))
            let response = try await told.next("the header")
            #expect(response.status == 200)
            #expect(try await piece(response) == ": ping\n\n")
            // A second client reads the same answer, and waits like the first.
            let second = send(bot, in: pool)
            await settle()
            bot.clock.advance(by: .seconds(10))
            #expect(try await piece(response) == ": ping\n\n")
            let other = try await second.next("the second header")
            #expect(other.headers["x-berth-idempotent"] == "replay")
            call.say("late")
            call.finish()
            for one in [EventReader(response), EventReader(other)] {
                let events = try await one.rest()
                #expect(events.contains { $0.text.contains("late") })
                #expect(events.last?.text == "[DONE]")
            }
            let received = bot.hand.received
            #expect(received == 1)
        }
    }

    @Loop @Test func `a client with a key that waits in the queue gets its header too`()
        async throws
    {
        let setup = Setup { settings in
            for index in settings.providers.indices { settings.providers[index].concurrency = 1 }
        }
        try await withBot(setup) { bot in
            let pool = TaskPool()
            pool.spawn { [bot] in
                let body = #"{"model":"hand/m","messages":[{"role":"user","content":"one"}]}"#
                _ = try? await bot.chat(body)
            }
            let first = try await bot.hand.call()
            let told = send(bot, in: TaskPool())
            let isQueued = await eventually { bot.bot.queues.count(in: .chat).waiting == 1 }
            #expect(isQueued)
            bot.clock.advance(by: .seconds(10))
            let response = try await told.next("the header")
            #expect(try await piece(response) == ": ping\n\n")
            first.answer(.error(400, "no"))
            let call = try await bot.hand.call()
            call.say("mine")
            call.finish()
            let events = try await EventReader(response).rest()
            #expect(events.contains { $0.text.contains("mine") })
        }
    }

    @Loop @Test func `an error after the header of a client with a key is an event`()
        async throws
    {
        try await withBot { bot in
            let told = send(bot, in: TaskPool())
            let call = try await bot.hand.call()
            bot.clock.advance(by: .seconds(10))
            let reader = EventReader(try await told.next("the header"))
            call.answer(.error(400, "the prompt is odd"))
            let events = try await reader.rest()
            let error = events.last?.object?.object("error")
            #expect(error?.string("message")?.contains("the prompt is odd") == true)
        }
    }

    @Loop @Test func `an error in time has its status, and a whole answer waits`() async throws {
        try await withBot { bot in
            let told = send(bot, in: TaskPool())
            try await bot.hand.call().answer(.error(400, "the prompt is odd"))
            let refused = try await told.next("the refusal")
            #expect(refused.status == 400)
            let whole = send(bot, stream: false, in: TaskPool())
            let call = try await bot.hand.call()
            bot.clock.advance(by: .seconds(30))
            await settle()
            call.answer(.error(400, "the prompt is odd"))
            #expect(try await whole.next("the whole answer").status == 400)
        }
    }

    @Loop @Test func `a client with a key that leaves while it waits ends nothing`() async throws {
        try await withBot { bot in
            let told = send(bot, in: TaskPool())
            let call = try await bot.hand.call()
            bot.clock.advance(by: .seconds(10))
            try await told.next("the header").cancel()
            await settle()
            call.say("kept")
            call.finish()
            let again = try await send(bot, in: TaskPool()).next("the replay")
            let events = try await EventReader(again).rest()
            #expect(events.contains { $0.text.contains("kept") })
            let received = bot.hand.received
            #expect(received == 1)
        }
    }
}
