import BerthHTTP
import BerthText
import Testing

@testable import BerthSimulation

@Suite struct VerdictTests {
    /// An answer's events, each as its name and data, and the expected verdict.
    struct Answer: Sendable, CustomTestStringConvertible {
        let interface: Persona.Interface
        let events: [(String?, String)]
        let verdict: Verdict

        init(_ interface: Persona.Interface, _ events: [(String?, String)], _ verdict: Verdict) {
            (self.interface, self.events, self.verdict) = (interface, events, verdict)
        }

        var testDescription: String { "\(interface) \(events.map(\.1)): \(verdict)" }
    }

    private static let word = (nil as String?, #"{"choices":[{"delta":{"content":"Yes"}}]}"#)
    private static let role = (nil as String?, #"{"choices":[{"delta":{"role":"assistant"}}]}"#)
    private static let end = (nil as String?, "[DONE]")
    private static let turn = ("turn" as String?, #"{"id":"t","state":"accepted"}"#)
    private static let delta = ("delta" as String?, #"{"text":"Yes"}"#)

    static let answers: [Answer] = [
        Answer(.api, [role, word, end], .answered),
        Answer(.api, [role, word], .lost(.cut)),
        Answer(.api, [], .lost(.cut)),
        Answer(.api, [role, end], .lost(.empty)),
        Answer(
            .api,
            [word, (nil, #"{"error":{"message":"no memory","code":"memory_exhausted"}}"#)],
            .refused(code: "stream memory_exhausted")
        ),
        Answer(
            .api,
            [(nil, #"{"error":{"message":"slow","type":"server_error","code":null}}"#)],
            .refused(code: "stream server_error")
        ),
        Answer(.api, [word, (nil, #"{"error":{"message":""}}"#), end], .lost(.wordless)),
        Answer(.api, [(nil, #"{"error":"x"}"#)], .lost(.wordless)),
        Answer(.web, [turn, delta, ("done", #"{"state":"done"}"#)], .answered),
        Answer(
            .web,
            [turn, ("place", #"{"ahead":1}"#), delta, ("done", #"{"state":"done"}"#)],
            .answered
        ),
        Answer(.web, [turn, ("done", #"{"state":"done"}"#)], .lost(.empty)),
        Answer(.web, [turn, delta], .lost(.cut)),
        Answer(
            .web,
            [turn, delta, ("done", #"{"state":"failed","error":"the provider is away"}"#)],
            .refused(code: "turn failed")
        ),
        Answer(.web, [turn, ("done", #"{"state":"failed"}"#)], .lost(.wordless)),
    ]

    @Test(arguments: answers) func `an answer's events have one verdict`(answer: Answer) {
        var reader = AnswerReader(answer.interface)
        for (name, data) in answer.events {
            reader.take(SSEEvent(event: name, data: Array(data.utf8)))
        }
        #expect(reader.verdict ?? .lost(.cut) == answer.verdict)
    }

    @Test(arguments: [
        (
            429, #"{"error":{"message":"wait 2 s","type":"rate_limit_error","code":"queue_full"}}"#,
            Verdict.refused(code: "429 queue_full")
        ),
        (
            503, #"{"error":{"message":"stopping","type":null,"code":null}}"#,
            Verdict.refused(code: "503")
        ),
        (503, #"{"error":{"message":""}}"#, Verdict.lost(.wordless)),
        (502, "<html>Bad Gateway</html>", Verdict.lost(.wordless)),
        (500, "", Verdict.lost(.wordless)),
    ])
    func `an error counts as refused where it says why`(
        status: Int,
        body: String,
        verdict: Verdict
    ) {
        #expect(Verdict(status: status, body: Array(body.utf8)) == verdict)
    }

    @Test(arguments: [
        (HTTPClientError.unreachable(host: "h", reason: "refused"), Verdict.Loss.unanswered),
        (.cut(host: "h", received: 0), .unanswered),
        (.cut(host: "h", received: 9), .cut),
        (.stalled(host: "h", after: .seconds(60)), .cut),
        (.cancelled, .unfinished),
    ])
    func `an exchange that fails is lost`(error: HTTPClientError, loss: Verdict.Loss) {
        #expect(Verdict(error) == .lost(loss))
    }
}
