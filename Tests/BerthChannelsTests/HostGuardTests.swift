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
            url: try #require(WebURL("https://berth.example:8443")),
            listen: HostPort(host: "127.0.0.1", port: 8080)
        )
        #expect(hosts.allowsOrigin(["origin": origin, "host": host]) == allowed)
    }
}
