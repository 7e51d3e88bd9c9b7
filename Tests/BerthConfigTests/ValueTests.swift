import BerthMemory
import Testing

@testable import BerthConfig

@Suite struct ValueTests {
    @Test(
        arguments: [
            ("5", 5_000_000), ("0.40", 400_000), ("0.000001", 1), ("0.4000000000", 400_000),
            ("999999999.999999", 999_999_999_999_999), ("1.5", 1_500_000), ("0", 0),
        ] as [(String, Int64)]
    )
    func `money is read digit by digit`(_ text: String, _ micros: Int64) {
        #expect(Money(text)?.micros == micros)
    }

    @Test(arguments: [
        "", ".", "1.", ".5", "-1", "+1", "1e3", "1,5", "0.0000001", "1.2.3", "1234567890", "٣",
    ])
    func `what is no amount is refused`(_ text: String) { #expect(Money(text) == nil) }

    @Test(arguments: [(5_000_000, "5.00"), (3_000, "0.003"), (400_000, "0.40"), (-1, "-0.000001")])
    func `money prints as it is read`(_ micros: Int64, _ text: String) {
        #expect("\(Money(micros: micros))" == text)
    }

    @Test(arguments: [("45s", 45), ("10m", 600), ("1h", 3_600), ("30d", 2_592_000), ("0s", 0)])
    func `times have one unit`(_ text: String, _ seconds: Int) {
        #expect(Units.duration(text) == .seconds(seconds))
        #expect(Units.text(.seconds(seconds)) == text)
    }

    @Test(arguments: [
        "", "1", "h", "-1h", "1.5h", "1h30m", "1w", "99999999999999999999d", "40000d",
    ])
    func `what is no time is refused`(_ text: String) { #expect(Units.duration(text) == nil) }

    @Test(arguments: ["127.0.0.1:8080", "0.0.0.0:0", "[::1]:8080", "[::]:65535"])
    func `addresses print as they are read`(_ text: String) {
        #expect(HostPort(text)?.description == text)
    }

    @Test(arguments: [
        "", "8080", ":8080", "::1:80", "[127.0.0.1]:80", "host:80", "1.2.3.4:65536", "1.2.3.4:-1",
        "1.2.3.4:",
    ])
    func `what is no address is refused`(_ text: String) { #expect(HostPort(text) == nil) }

    @Test(arguments: [
        Case("https://A.example/v1/", "https://a.example/v1"),
        Case("HTTP://h:80", "http://h"), Case("http://h:8080//", "http://h:8080"),
        Case("https://[::1]:8443/x", "https://[::1]:8443/x"),
    ])
    func `URLs are put in one form`(_ row: Case) {
        #expect(WebURL(row.text)?.description == row.expected)
    }

    @Test(arguments: [
        "", "h", "ftp://h", "http://", "http:///x", "http://u:p@h", "http://h?q", "http://h#f",
        "http://h:0", "http://h:x", "http://[::g]", "http://a b", "http://h:80:80", "http://[::1]x",
    ])
    func `what is no URL is refused`(_ text: String) { #expect(WebURL(text) == nil) }

    @Test func `a URL follows the address that is listened on until one is configured`() throws {
        var file = try parse("listen: 0.0.0.0:90").configuration
        #expect("\(file.url)" == "http://127.0.0.1:90")
        file.listen(on: HostPort(host: "::", port: 91))
        #expect("\(file.url)" == "http://[::1]:91")
        var own = try parse("url: https://a.example").configuration
        own.listen(on: HostPort(host: "::", port: 91))
        #expect("\(own.url)" == "https://a.example")
    }

    @Test(arguments: [
        Case("redis://127.0.0.1", "redis://127.0.0.1:6379/0"),
        Case("redis://:pass@h:1/2", "redis://***@h:1/2"),
        Case("redis://u:pa@ss@h", "redis://***@h:6379/0"),
        Case("unix:/run/redis.sock", "unix:/run/redis.sock"),
    ])
    func `a Redis address hides its login`(_ row: Case) {
        #expect(RedisAddress(row.text)?.description == row.expected)
    }

    @Test(arguments: [
        "redis://", "redis://u@h", "redis://h/x", "unix:rel", "rediss://h", "redis://h/0/1",
    ])
    func `what is no Redis address is refused`(_ text: String) {
        #expect(RedisAddress(text) == nil)
    }

    @Test(arguments: [
        Case("lisen", "listen"), Case("lsiten", "listen"), Case("BASE-URL", "base_url"),
        Case("timezon", "timezone"), Case("zzzzzz", ""), Case("a", ""),
    ])
    func `the nearest name is found`(_ row: Case) {
        let names = ["listen", "url_of", "base_url", "timezone"]
        #expect(Nearest.name(to: row.text, in: names) ?? "" == row.expected)
    }

    @Test(arguments: QuotaKey.allCases)
    func `a quota prints as it is read`(_ key: QuotaKey) {
        let value = Quotas()[key]
        #expect(key.read(key.text(value)) == value)
        var quotas = Quotas()
        quotas[key] = value / 2
        #expect(quotas[key] == value / 2)
        #expect(key.read("-1") == nil)
    }
}
