import BerthHTTP
import BerthLoop
import Testing

@testable import BerthProviders
@testable import BerthSimulation

@Suite(.timeLimit(.minutes(20))) struct RetryAfterTests {
    /// The time Sun, 06 Nov 1994 08:49:37.250 GMT.
    private static let now = Timestamp(milliseconds: 784_111_777_250)

    private func read(_ fields: HTTPHeaders) -> Duration? {
        RetryAfter.read(fields, now: RetryAfterTests.now)
    }

    @Test(arguments: [
        ("0", Duration.zero), ("2", .seconds(2)), ("1.5", .milliseconds(1500)),
        ("121", .seconds(121)),
        ("+3", .seconds(3)), (".5", .milliseconds(500)), ("1e2", .seconds(100)), ("-1", .zero),
        ("-0", .zero), ("-1e308", .zero), ("86400", .seconds(86400)), ("86401", .seconds(86400)),
        ("1e300", .seconds(86400)), ("99999999999999999999999999", .seconds(86400)),
        ("1e-300", .zero),
        ("0.0004", .zero), ("1e999", .seconds(86400)),
    ])
    func `seconds are read, bounded by nothing and a day`(text: String, wait: Duration) {
        #expect(read(["Retry-After": text]) == wait)
        #expect(read(["retry-after": text]) == wait)
    }

    @Test(arguments: [
        ("Sun, 06 Nov 1994 08:49:37 GMT", Duration.zero),
        ("Sun, 06 Nov 1994 08:49:39 GMT", .milliseconds(1750)),
        ("Sun, 06 Nov 1994 08:49:36 GMT", .zero), ("Thu, 01 Jan 1970 00:00:00 GMT", .zero),
        ("Mon, 07 Nov 1994 08:49:36 GMT", .milliseconds(86_398_750)),
        ("Mon, 07 Nov 1994 08:49:38 GMT", .seconds(86400)),
        ("Fri, 31 Dec 9999 23:59:59 GMT", .seconds(86400)),
        ("Wed, 21 Feb 2287 08:37:13 GMT", .seconds(86400)),
        ("Thu, 29 Feb 1996 00:00:00 GMT", .seconds(86400)),
        ("Sun, 06 Nov 1994 08:49:60 GMT", .milliseconds(22_750)),
    ])
    func `an HTTP date is read`(text: String, wait: Duration) {
        #expect(read(["retry-after": text]) == wait)
    }

    @Test(arguments: [
        "", " ", "soon", "nan", "inf", "-inf", "infinity", "0x10", "0x1p4", "1,5", "2 s", "1s",
        "6m0s",
        "--1", "1e", "Sun, 06 Nov 1994 08:49:37", "Sun, 06 Nov 1994 08:49:37 CET",
        "Sun, 06 Nov 1994",
        "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994",
        "Sun, 00 Nov 1994 08:49:37 GMT",
        "Sun, 32 Nov 1994 08:49:37 GMT", "Sun, 06 Foo 1994 08:49:37 GMT",
        "Sun, 06 Nov 1969 08:49:37 GMT",
        "Sun, 06 Nov 99999 08:49:37 GMT", "Sun, 06 Nov 1994 24:49:37 GMT",
        "Sun, 06 Nov 1994 08:60:37 GMT",
        "Sun, 06 Nov 1994 08:49:61 GMT", "Sun, 06 Nov 1994 9223372036854775807:49:37 GMT",
        "Sun, 06 Nov 1994 08:9223372036854775807:37 GMT", "Sun, 06 Nov 1994 08:49:-1 GMT",
        "Sun, 9223372036854775807 Nov 1994 08:49:37 GMT",
        "Sun, 06 Nov -9223372036854775808 08:49:37 GMT",
    ])
    func `nonsense is no wait`(text: String) {
        #expect(read(["retry-after": text]) == nil)
    }

    @Test(arguments: [
        ("1500", "9", Duration.milliseconds(1500)), ("0", "9", .zero), ("-5", "9", .zero),
        ("1.5", "9", .milliseconds(1)), ("1e300", "9", .seconds(86400)), ("soon", "9", .seconds(9)),
        ("nan", "9", .seconds(9)), ("", "9", .seconds(9)),
    ])
    func `milliseconds come first, where they make sense`(
        ms: String,
        seconds: String,
        wait: Duration
    ) {
        #expect(read(["retry-after": seconds, "retry-after-ms": ms]) == wait)
    }

    @Test func `without a field there is no wait`() {
        #expect(read([:]) == nil)
        #expect(read(["retry-after-ms": "x"]) == nil)
    }

    @Test(
        arguments: [
            0, 68_169_599_000, 951_782_400_000, 951_868_800_000, 1_709_164_800_000,
            4_107_542_400_000,
            1_760_000_000_000, 253_402_300_799_000,
        ] as [Int64]
    )
    func `every date that is written is read back`(milliseconds: Int64) {
        let time = Timestamp(milliseconds: milliseconds)
        #expect(ForeignDate.http(HTTPDate.text(time)) == time)
    }

    /// The fields of vendors' limits, and the wait until the exhausted one is reset.
    private static let resets: [(HTTPHeaders, Duration?)] = [
        (["x-ratelimit-reset-requests": "6m0s"], .seconds(360)),
        (["x-ratelimit-reset-tokens": "120ms"], .milliseconds(120)),
        (["X-RateLimit-Reset-Requests": "1h2m3.5s"], .milliseconds(3_723_500)),
        (["x-ratelimit-reset-requests": "20"], .seconds(20)),
        (["x-ratelimit-reset": "784111787250"], .seconds(10)),
        (["x-ratelimit-reset": "784111780"], .milliseconds(2750)),
        (["anthropic-ratelimit-requests-reset": "1994-11-06T08:50:37Z"], .milliseconds(59_750)),
        (
            [
                "x-ratelimit-remaining-requests": "5", "x-ratelimit-reset-requests": "9s",
                "x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "3s",
            ], .seconds(3)
        ),
        (["x-ratelimit-remaining-requests": "5", "x-ratelimit-reset-requests": "9s"], nil),
        (["x-ratelimit-reset-requests": "soon"], nil), (["x-ratelimit-reset-requests": ""], nil),
        (["x-ratelimit-reset-requests": "9999999h"], .seconds(86_400)),
        (["retry-after": "4", "x-ratelimit-reset-requests": "9s"], .seconds(4)),
        (["x-ratelimit-reset-requests": String(repeating: "1s", count: 100)], nil),
        (
            [
                "date": "Sun, 06 Nov 1994 08:49:00 GMT",
                "anthropic-ratelimit-requests-reset": "1994-11-06T08:50:37Z",
            ], .seconds(97)
        ),
    ]

    @Test(arguments: resets)
    func `the reset of an exhausted limit is a wait`(fields: HTTPHeaders, wait: Duration?) {
        #expect(read(fields) == wait)
    }

    @Test(arguments: [
        ("Please try again in 20s.", Duration.seconds(20)),
        ("Please try again in 7m12.5s. Visit", .milliseconds(432_500)),
        ("Please try again in 120ms", .milliseconds(120)),
        ("Please retry after 20 seconds.", .seconds(20)), ("retry after 2 minutes", .seconds(120)),
        ("Please retry in 39.5s.", .milliseconds(39_500)), ("try again in 3", .seconds(3)),
        ("try again in 999 days", .seconds(86_400)), ("try again in a minute.", .seconds(60)),
        ("Please retry in an hour", .seconds(3600)), ("wait one second, please", .seconds(1)),
        ("Quota will be replenished in 01:02:03.", .seconds(3723)),
        ("the limit resets in 2m", .seconds(120)), ("reset after 00:00:09.5", .milliseconds(9500)),
    ])
    func `a message's own words are a wait`(message: String, wait: Duration) {
        #expect(RetryAfter.inWords(message) == wait)
    }

    @Test(arguments: [
        "", "try again in", "try again in a moment", "retry after lunch", "wait",
        "try again in a few seconds", "wait a bit", "try again in one go", "retry after a:b:c",
        "resets in 1:2",
    ])
    func `words without a time are no wait`(message: String) {
        #expect(RetryAfter.inWords(message) == nil)
    }
}
