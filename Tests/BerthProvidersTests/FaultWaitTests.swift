import BerthLoop
import BerthText
import Testing

@testable import BerthProviders

/// Waits that the bodies of refusals state.
@Suite struct FaultWaitTests {
    /// The time 2026-11-28T10:00:00Z.
    private static let now = Timestamp(milliseconds: 1_795_860_000_000)

    private static func error(_ members: String) -> String {
        #"{"error":{"message":"slow down","code":429,\#(members)}}"#
    }

    private static func openRouter(_ headers: String) -> String {
        error(#""metadata":{"headers":{\#(headers)},"provider_name":null}"#)
    }

    private static let stated: [(String, Duration?)] = [
        (error(#""resets_at":1795860030"#), .seconds(30)),
        (error(#""resets_at":"1795860030""#), .seconds(30)),
        (error(#""resets_at":1795860030500"#), .milliseconds(30_500)),
        (error(#""resets_at":"2026-11-28T10:00:45Z""#), .seconds(45)),
        (error(#""reset_at":"2026-11-28T10:00:45.25Z""#), .seconds(45)),
        (error(#""resetAt":"2026-11-28T12:01:00+02:00""#), .seconds(60)),
        (error(#""retry_at":"2026-11-28t07:01:00-03:00""#), .seconds(60)),
        (error(#""retry_at":"2026-11-28 10:01:00 UTC""#), .seconds(60)),
        (error(#""retry_after":"Sat, 28 Nov 2026 10:00:20 GMT""#), .seconds(20)),
        (error(#""retry_after":1795860007"#), .seconds(7)),
        (error(#""retry_after":12"#), .seconds(12)),
        (error(#""resets_in_seconds":90"#), .seconds(90)),
        (error(#""reset":1795860003"#), .seconds(3)),
        (error(#""details":[{"retryDelay":"8s"}]"#), .seconds(8)),
        (
            error(#""details":[{"metadata":{"quotaResetTimeStamp":"2026-11-28T10:02:00Z"}}]"#),
            .seconds(120)
        ),
        (error(#""details":[{"metadata":{"quotaResetDelay":"1m2.5s"}}]"#), .milliseconds(62_500)),
        (
            openRouter(#""X-RateLimit-Reset":"1795860015000","X-RateLimit-Remaining":"0""#),
            .seconds(15)
        ),
        (openRouter(#""X-RateLimit-Reset":1795860015000"#), .seconds(15)),
        (openRouter(#""x-ratelimit-reset":"1795860015""#), .seconds(15)),
        (openRouter(#""Retry-After":"6""#), .seconds(6)),
        (openRouter(#""retry-after-ms":"1500""#), .milliseconds(1500)),
        (openRouter(#""Retry-After":"Sat, 28 Nov 2026 10:00:09 GMT""#), .seconds(9)),
        // A limit with something left is not the cause.
        (openRouter(#""X-RateLimit-Reset":"1795860015000","X-RateLimit-Remaining":"3""#), nil),
        // A day is the longest wait.
        (error(#""resets_at":1999999999"#), .seconds(86_400)),
        (error(#""resets_at":1e300"#), .seconds(86_400)),
        (openRouter(#""X-RateLimit-Reset":"99999999999999999999""#), .seconds(86_400)),
        // A time that is over says nothing.
        (error(#""resets_at":1795850000"#), nil),
        (openRouter(#""X-RateLimit-Reset":"1795850000000""#), nil),
    ]

    @Test(arguments: stated)
    func `a wait is read from the members of a body`(body: String, wait: Duration?) {
        let fault = UpstreamFault(Array(body.utf8), status: 429, hiding: nil)
        #expect(fault.wait(at: Self.now) == wait)
    }

    @Test(arguments: [
        #""resets_at":-5"#, #""resets_at":"soon""#, #""resets_at":null"#, #""resets_at":true"#,
        #""resets_at":{"a":1}"#, #""resets_at":[1795860030]"#, #""resets_at":"2026-11-28""#,
        #""resets_at":"2026-11-28T10:00:45""#, #""resets_at":"2026-13-28T10:00:45Z""#,
        #""resets_at":"2026-11-28T25:00:45Z""#, #""resets_at":"2026-11-28T10:00:45+99:00""#,
        #""resets_at":"2026-11-28T10:00:45Zx""#, #""reset_at":30"#, #""resets_at":"nan""#,
        #""resets_at":"9223372036854775808-11-28T10:00:45Z""#, #""headers":"Retry-After: 5""#,
        #""headers":{"X-RateLimit-Reset":{}}"#, #""headers":[]"#,
    ])
    func `nonsense in a body is no wait`(member: String) {
        let body = Self.error(member)
        let fault = UpstreamFault(Array(body.utf8), status: 429, hiding: nil)
        #expect(fault.wait(at: Self.now) == nil)
    }

    @Test func `long values and many fields are bounded`() {
        let long = String(repeating: "1", count: 200_000)
        let many = (0..<5_000).map { #""x-ratelimit-reset-\#($0)":"9s""# }.joined(separator: ",")
        for member in [#""resets_at":\#(long)"#, #""resets_at":"\#(long)""#] {
            let fault = UpstreamFault(Array(Self.error(member).utf8), status: 429, hiding: nil)
            #expect(fault.wait(at: Self.now) == nil)
        }
        let fault = UpstreamFault(Array(Self.openRouter(many).utf8), status: 429, hiding: nil)
        #expect(fault.wait(at: Self.now) == .seconds(9))
    }

    @Test(arguments: [
        ("Try again at 2026-11-28T10:00:45Z.", Duration.seconds(45)),
        ("limit reached, retry after 2026-11-28T10:00:45+00:00", .seconds(45)),
        ("Your limit resets at 2026-11-28 10:01:00 UTC, sorry", .seconds(60)),
        ("You will regain access on 2026-11-28 at 12:00 UTC.", .seconds(7200)),
        ("Please retry after Sat, 28 Nov 2026 10:00:20 GMT.", .seconds(20)),
        ("available at 1795860030", .seconds(30)), ("blocked until 1795860030000", .seconds(30)),
        ("try again after 1795860030", .seconds(30)),
        ("try again at 2026-11-28T10:00:45Z, or retry in 5s", .seconds(5)),
    ])
    func `a date in a message is a wait`(message: String, wait: Duration) throws {
        let quoted = String(decoding: JSON.quote(message), as: UTF8.self)
        let body = #"{"error":{"message":\#(quoted)}}"#
        let fault = UpstreamFault(Array(body.utf8), status: 429, hiding: nil)
        #expect(fault.wait(at: Self.now) == wait)
    }

    @Test(arguments: [
        "try again at noon", "resets at 2026-11-28", "until 5", "retry at 10:00 UTC", "resets at ",
        "available at https://2026-11-28T10:00:45Z", "regain access on 2026-11-28 at 12:00 CET",
    ])
    func `words without a whole date are none`(message: String) {
        #expect(RetryAfter.dateInWords(message) == nil)
    }
}
