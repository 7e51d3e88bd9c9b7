import Testing

@testable import BerthHTTP

@Suite struct TrustedProxiesTests {
    private static let proxies = ["127.0.0.1", "10.0.0.0/8", "fd00::/8", "::1"]

    private func client(_ fields: HTTPHeaders, through peer: String = "127.0.0.1") -> String {
        guard let proxies = TrustedProxies(TrustedProxiesTests.proxies) else { return "none" }
        let proxy = HTTPPeer.network(address: peer)
        guard proxies.trusts(proxy) else { return "not trusted" }
        guard case .network(let address) = proxies.client(of: proxy, fields) else { return "local" }
        return address
    }

    @Test(arguments: [
        ("192.0.2.1", "192.0.2.1"), ("192.0.2.1:4711", "192.0.2.1"),
        (" \t192.0.2.1 \t", "192.0.2.1"), ("2001:db8::1", "2001:db8::1"),
        ("[2001:db8::1]", "2001:db8::1"), ("[2001:DB8:0::1]:443", "2001:db8::1"),
        ("::ffff:192.0.2.1", "192.0.2.1"), ("[::ffff:192.0.2.1]:1", "192.0.2.1"),
        ("\"[2001:db8::1]:80\"", "2001:db8::1"),
        // The rightmost one that is not a trusted proxy's.
        ("198.51.100.9, 192.0.2.1", "192.0.2.1"), ("192.0.2.1, 10.1.2.3", "192.0.2.1"),
        ("6.6.6.6, 192.0.2.1, 10.1.2.3, fd00::7", "192.0.2.1"),
        ("192.0.2.1,,10.1.2.3,", "192.0.2.1"),
        ("10.9.9.9, 10.1.2.3", "10.9.9.9"),
        // No address: what is left of it may be the client's own words.
        ("", "127.0.0.1"), ("unknown", "127.0.0.1"), ("_hidden", "127.0.0.1"),
        ("192.0.2.1, unknown", "127.0.0.1"), ("192.0.2.1, unknown, 10.0.0.3", "10.0.0.3"),
        ("unknown, 192.0.2.1", "192.0.2.1"), ("\", 192.0.2.1", "192.0.2.1"),
        ("192.0.2.256", "127.0.0.1"), ("192.0.2.1 192.0.2.2", "127.0.0.1"),
        ("[192.0.2.1]", "127.0.0.1"), ("[::1", "127.0.0.1"), ("[::1]x", "127.0.0.1"),
        ("fe80::1%eth0", "127.0.0.1"), ("\u{301},192.0.2.1", "192.0.2.1"),
        (",\u{301}192.0.2.1", "127.0.0.1"),
    ])
    func `X-Forwarded-For names the client`(field: String, address: String) {
        #expect(client(["X-Forwarded-For": field]) == address)
    }

    @Test(arguments: [
        ("for=192.0.2.1", "192.0.2.1"), ("For=\"192.0.2.1:80\"", "192.0.2.1"),
        ("proto=https;for=192.0.2.1;by=10.0.0.1", "192.0.2.1"),
        ("for=\"[2001:db8::1]:4711\"; host=x", "2001:db8::1"),
        ("for=6.6.6.6, for=192.0.2.1, for=10.0.0.2", "192.0.2.1"),
        ("for=6.6.6.6;host=\"a,b;for=7.7.7.7\", for=192.0.2.1", "192.0.2.1"),
        ("for=\", for=192.0.2.1", "192.0.2.1"), ("by=10.0.0.1", "127.0.0.1"),
        ("for=unknown", "127.0.0.1"), ("for=_abc", "127.0.0.1"), ("for=", "127.0.0.1"),
        ("192.0.2.1", "127.0.0.1"), (";;,;,", "127.0.0.1"),
    ])
    func `Forwarded names the client`(field: String, address: String) {
        #expect(client(["Forwarded": field]) == address)
    }

    @Test func `X-Forwarded-For counts before Forwarded, and the last line is the nearest`() {
        #expect(
            client(["Forwarded": "for=6.6.6.6", "X-Forwarded-For": "192.0.2.1"]) == "192.0.2.1"
        )
        #expect(
            client(["X-Forwarded-For": "6.6.6.6", "x-forwarded-for": "192.0.2.1"]) == "192.0.2.1"
        )
    }

    @Test func `an endless chain of proxies ends`() {
        let chain = String(repeating: "10.0.0.1,", count: 900)
        #expect(client(["X-Forwarded-For": "6.6.6.6," + chain]) == "10.0.0.1")
    }

    @Test(arguments: [
        ("127.0.0.1", true), ("127.0.0.2", false), ("10.255.0.1", true), ("11.0.0.1", false),
        ("fdff::1", true), ("fe00::1", false), ("::1", true), ("::ffff:10.0.0.1", true),
    ])
    func `only listed addresses are trusted`(address: String, isTrusted: Bool) throws {
        let proxies = try #require(TrustedProxies(TrustedProxiesTests.proxies))
        #expect(proxies.trusts(.network(address: address)) == isTrusted)
        #expect(!proxies.trusts(.local(uid: 0, pid: 1)))
        #expect(!TrustedProxies().trusts(.network(address: address)))
    }

    @Test func `unix trusts the processes of the machine`() throws {
        let proxies = try #require(TrustedProxies(["unix"]))
        #expect(proxies.trusts(.local(uid: 33, pid: 1)))
        #expect(!proxies.trusts(.network(address: "127.0.0.1")))
        let client = proxies.client(of: .local(uid: 33, pid: 1), ["X-Forwarded-For": "192.0.2.1"])
        #expect(client == .network(address: "192.0.2.1"))
    }

    @Test(arguments: ["", "x", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/", "::/129", "10/8", "/8"])
    func `what is no address is no proxy`(text: String) { #expect(TrustedProxies([text]) == nil) }

    @Test(arguments: [
        ("192.0.2.1", "192.0.2.1"), ("127.9.9.9", nil), ("::1", nil),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"), ("2001:db8:1:2::", "2001:db8:1:2::/64"),
    ])
    func `clients are counted by address, those of IPv6 by network`(
        address: String,
        counted: String?
    ) { #expect(HTTPPeer.network(address: address).countedAddress == counted) }

    @Test func `an address has its share, and loopback no limit`() {
        var addresses = HTTPServerAddresses(most: 2)
        /// Opens a connection of `address`, if it may.
        func open(_ address: String?) -> Bool {
            guard addresses.allows(address) else { return false }
            addresses.add(address)
            return true
        }
        let opened = ["a", "a", "a", "b", nil, nil, nil].map(open)
        #expect(opened == [true, true, false, true, true, true, true])
        #expect(addresses.refused == 1 && addresses.lastRefused == "a")
        addresses.release("a")
        #expect([open("a"), open("a")] == [true, false])
        for _ in 0..<3 { addresses.release("a") }  // one more than there are
        #expect([open("a"), open("a"), open("a")] == [true, true, false])
    }
}
