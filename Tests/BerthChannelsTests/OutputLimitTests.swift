import BerthConfig
import BerthHTTP
import BerthLoop
import BerthTestKit
import Testing

@testable import BerthChannels

/// A limit of the answer that is lowered is told.
@Suite(.loop, .timeLimit(.minutes(20))) struct OutputLimitTests {
    private static func body(_ members: String, model: String = "fake/echo") -> String {
        #"{"model":"\#(model)","messages":[{"role":"user","content":"hi"}],\#(members)}"#
    }

    @Loop
    @Test(
        arguments: [
            (#""max_tokens":100000"#, "1000"), (#""max_completion_tokens":1001"#, "1000"),
            (#""max_tokens":100000,"stream":true"#, "1000"), (#""max_tokens":1000"#, nil),
            (#""max_tokens":5,"stream":true"#, nil), (#""stream":false"#, nil),
            (#""max_tokens":null"#, nil),
        ] as [(String, String?)]
    )
    func `a lowered limit is in the header`(members: String, told: String?) async throws {
        try await withBot { bot in
            let answer = try await bot.chat(Self.body(members))
            #expect(answer.status == 200, "\(answer.text)")
            #expect(answer.headers["x-berth-max-tokens"] == told)
        }
    }

    @Loop @Test func `the limit is that of the model which answers`() async throws {
        let setup = Setup { settings in
            settings.chatModels = [("dead", "d", 500), ("fake", "echo", 2_000)].map {
                let (provider, model, output) = $0
                var chat = settings.chatModels[0]
                (chat.provider, chat.model, chat.output) = (provider, model, output)
                return chat
            }
        }
        try await withBot(setup) { bot in
            let answer = try await bot.chat(Self.body(#""max_tokens":3000"#, model: "berth"))
            #expect(answer.headers["x-berth-max-tokens"] == "2000")
            let fits = try await bot.chat(Self.body(#""max_tokens":1500"#, model: "berth"))
            #expect(fits.status == 200 && fits.headers["x-berth-max-tokens"] == nil)
        }
    }

    @Loop @Test func `a repeated request is told too`() async throws {
        try await withBot { bot in
            for _ in 0..<2 {
                let answer = try await bot.ask(
                    "POST",
                    "/v1/chat/completions",
                    Self.body(#""max_tokens":3000"#),
                    as: .key(bot.key),
                    [("idempotency-key", "one")]
                )
                #expect(answer.headers["x-berth-max-tokens"] == "1000")
            }
        }
    }
}
