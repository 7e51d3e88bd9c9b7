import BerthBot
import BerthConfig
import BerthHTTP
import BerthLoop
import BerthProviders
import BerthTestKit
import BerthText
import Testing

/// OpenAI names the role in the first chunk of a choice, and only there.
@Suite(.loop, .timeLimit(.minutes(20))) struct StreamRoleTests {
    private static let empty = #"{"index":0,"delta":{"role":"assistant","content":""}}"#
    private static let tool =
        #"{"index":0,"delta":{"tool_calls":[{"index":0,"id":"c","type":"function","#
        + #""function":{"name":"f","arguments":"{}"}}]}}"#

    /// The choices that a provider streams, each in a chunk of its own.
    private static let streams: [[String]] = [
        // A tool call whose role came in an empty chunk, as vLLM sends it.
        [empty, tool],
        // A tool call without any role, as Anthropic's become.
        [tool],
        // Two choices: the second is passed on as it came.
        [
            empty, #"{"index":1,"delta":{"role":"assistant","content":""}}"#,
            #"{"index":0,"delta":{"content":"A"}}"#, #"{"index":1,"delta":{"content":"B"}}"#,
        ],
        // Nothing but the end.
        [],
        // The provider's own role beside something else.
        [
            #"{"index":0,"delta":{"role":"assistant","reasoning":"Hm."}}"#,
            #"{"index":0,"delta":{"content":"A"}}"#,
        ],
        [empty, #"{"index":0,"delta":{"content":"A"}}"#],
    ]

    @Loop @Test(arguments: streams)
    func `the first chunk of an answer names the role, and no other does`(
        choices: [String]
    ) async throws {
        try await withBot { bot in
            let pool = TaskPool()
            pool.spawn {
                guard let call = try? await bot.hand.call() else { return }
                for choice in choices {
                    call.send(SSE.event(Array(#"{"choices":[\#(choice)]}"#.utf8)))
                }
                call.finish()
            }
            let reader = try await bot.stream(
                #"{"model":"berth","stream":true,"tools":[{"type":"function","function":"#
                    + #"{"name":"f"}}],"messages":[{"role":"user","content":"hi"}]}"#
            )
            let deltas = try await reader.rest().compactMap { event -> JSONObject? in
                guard let object = event.object,
                    let range = object.elements("choices")?.first,
                    let choice = object.object(at: range), choice.integer("index") == 0
                else { return nil }
                return choice.object("delta")
            }
            #expect(deltas.map { $0.string("role") == "assistant" }.first == true)
            #expect(deltas.count { $0.has("role") } == 1)
            await pool.drain()
        }
    }
}
