import BerthConfig
import BerthHTTP
import Testing

@testable import BerthChannels

@Suite struct HostGuardTests {
    @Test(arguments: [
        ("https://berth.example:8443", "berth.example:8443", true),
        ("https://berth.example:8443", "berth.example", true),
        ("https://berth.example:8443", "127.0.0.1:8080", true),
        ("https://BERTH.example:8443", "localhost", true),
        ("http://berth.example:8443", "berth.example:8443", false),
        ("https://berth.example", "berth.example", false),
        ("https://evil.example:8443", "berth.example:8443", false),
        ("http://localhost:8080", "localhost:8080", true),
        ("http://localhost:8081", "localhost:8080", false),
        ("http://berth.example", "berth.example", false), ("null", "berth.example:8443", false),
    ])
    func `an origin is compared with the site's address`(
        origin: String,
        host: String,
        allowed: Bool
    ) throws {
        let hosts = HostGuard(
            urls: [try #require(WebURL("https://berth.example:8443"))],
            listen: HostPort(host: "127.0.0.1", port: 8080)
        )
        #expect(hosts.allowsOrigin(["origin": origin, "host": host]) == allowed)
    }

    @Test func `each of several addresses is a host and an origin`() throws {
        let urls = try ["https://a.example", "http://192.168.1.5:8080", "http://[fd00::1]:8080"]
            .map { try #require(WebURL($0)) }
        let hosts = HostGuard(urls: urls, listen: HostPort(host: "0.0.0.0", port: 8080))
        for (url, name) in zip(urls, ["a.example", "192.168.1.5:8080", "[fd00::1]:8080"]) {
            #expect(hosts.allows(host: name))
            #expect(hosts.allowsOrigin(["origin": url.origin, "host": name]))
        }
        #expect(!hosts.allows(host: "192.168.1.6:8080") && !hosts.allows(host: "b.example"))
        #expect(!hosts.allowsOrigin(["origin": "http://a.example", "host": "a.example"]))
    }
}
