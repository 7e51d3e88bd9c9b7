import BerthAdmin
import BerthHTTP
import BerthText
import Testing

@testable import berth

/// The text output of `berth queue`.
@Suite struct QueueTextTests {
    private func queue(
        _ providers: String,
        held: String = "",
        failed: Int,
        uncertain: Int,
        askedAgain: Int = 0,
        sentAgain: Int = 0
    ) throws -> String {
        let json = """
            {"lanes":[{"lane":"chat","waiting":12,"running":8},
            {"lane":"image","waiting":0,"running":0}],"providers":[\(providers)],
            "held":[\(held)],"failed":\(failed),"uncertain":\(uncertain),
            "asked_again":\(askedAgain),"house_micros":\(askedAgain * 2_500),
            "sent_again":\(sentAgain)}
            """
        return QueueText.queue(try JSON.decode(QueueReport.self, from: Array(json.utf8)))
    }

    @Test func `lanes, providers, and what went wrong`() throws {
        let provider =
            #"{"provider":"openai","waiting":12,"running":8,"limit":8,"state":"paused"}"#
        #expect(
            try queue(provider, failed: 1, uncertain: 2) == """
                lane   waiting  running
                chat        12        8
                image        0        0

                provider  waiting  running  limit  state
                openai         12        8      8  paused

                Last seven days: 1 failed, 2 calls uncertain (berth queue failed)

                """
        )
    }

    @Test func `what is held back, for whom, until when, and how to end it`() throws {
        let held = #"""
            {"name":"up/m","state":"paused","until_ms":60000,"ends_ms":86400000},
            {"name":"up/m","tenant":"ann","state":"failing","until_ms":2000}
            """#
        let text = try queue("", held: held, failed: 0, uncertain: 0)
        let lines = text.split(separator: "\n")
        #expect(lines.contains { $0.hasPrefix("up/m") && $0.contains("all") })
        #expect(lines.contains { $0.contains("ann     failing  1970-01-01T00:00:02") })
        #expect(text.contains("berth queue resume NAME"))
    }

    @Test func `the turns that wait or run`() throws {
        let json = #"""
            {"turns":[{"id":"t1","tenant":"ann","state":"waiting","why":"paused","age_ms":61500},
            {"id":"t2","tenant":"bob","state":"answering","age_ms":0}]}
            """#
        let text = QueueText.turns(try JSON.decode(OpenTurnList.self, from: Array(json.utf8)))
        #expect(text.contains("t1  ann     waiting (paused)  61 s"))
        #expect(text.contains("berth queue end ID"))
        let none = try JSON.decode(OpenTurnList.self, from: Array(#"{"turns":[]}"#.utf8))
        #expect(QueueText.turns(none) == "No turn waits or is being answered.\n")
    }

    @Test func `the API calls that wait or run`() throws {
        let json = #"""
            {"calls":[{"id":"api-1-7","tenant":"ann","model":"up/m","state":"waiting",
            "request":"r1","age_ms":61500},
            {"id":"api-12-1","tenant":"bob","model":"up/m","state":"running","request":"r2",
            "age_ms":0}]}
            """#
        let text = QueueText.calls(try JSON.decode(OpenCallList.self, from: Array(json.utf8)))
        #expect(text.contains("api-1-7   ann     up/m   waiting  61 s  r1"))
        #expect(text.contains("berth queue end ID"))
        let none = try JSON.decode(OpenCallList.self, from: Array(#"{"calls":[]}"#.utf8))
        #expect(QueueText.calls(none) == "No API call waits or runs.\n")
    }

    @Test func `with the demo there are no providers, and nothing to look at`() throws {
        let again = try queue("", failed: 0, uncertain: 0, askedAgain: 2)
        #expect(
            again.hasSuffix(
                "uncertain\n2 calls cut off by a kill were asked again, which cost the house at most "
                    + "$0.005\n"
            )
        )
        let twice = try queue("", failed: 0, uncertain: 0, sentAgain: 1)
        #expect(
            twice.hasSuffix(
                "uncertain\n1 message may have been delivered twice, because the answer to the first "
                    + "sending was lost\n"
            )
        )
        let text = try queue("", failed: 0, uncertain: 0)
        #expect(!text.contains("provider"))
        #expect(text.hasSuffix("\nLast seven days: 0 failed, 0 calls uncertain\n"))
    }

    @Test func `troubles are a line each, in UTC`() throws {
        let json = #"""
            {"troubles":[{"id":"abc","tenant":"ann","state":"failed","why":"it is\nout of order",
            "model":"p/m","attempts":5,"ended_ms":1760000000000,"retryable":true},
            {"id":"call-7","tenant":"(removed 3)","state":"uncertain","why":"so",
            "attempts":1,"ended_ms":0,"retryable":false},
            {"id":"part-9","tenant":"ann","state":"failed","why":"blocked","place":"telegram 12",
            "attempts":15,"ended_ms":0,"retryable":true}]}
            """#
        let list = try JSON.decode(TroubleList.self, from: Array(json.utf8))
        #expect(
            QueueText.troubles(list) == """
                id      tenant       state      tries  when                      model or place  why
                abc     ann          failed         5  2025-10-09T08:53:20.000Z  p/m             it is out of order
                call-7  (removed 3)  uncertain      1  1970-01-01T00:00:00.000Z                  so
                part-9  ann          failed        15  1970-01-01T00:00:00.000Z  telegram 12     blocked

                Retry one with: berth queue retry ID

                """
        )
        let none = try JSON.decode(TroubleList.self, from: Array(#"{"troubles":[]}"#.utf8))
        #expect(QueueText.troubles(none).hasPrefix("Nothing failed"))
    }

    private static let places: [(Int?, Int?, String)] = [
        (2, 4_100, "2 before you, about 5 s"), (0, 900, "you are next, about 1 s"),
        (0, 0, "you are next"), (3, nil, "3 before you"),
        (nil, .max, "you are next, about 1099511628 s"),
    ]

    @Test(arguments: places)
    func `a place is told in one short line`(ahead: Int?, wait: Int?, words: String) {
        #expect(TerminalChat.words(ahead: ahead, wait: wait) == words)
    }
}
