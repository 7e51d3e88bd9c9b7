import BerthHTTP
import BerthLoop
import BerthTestKit
import Synchronization
import Testing

@Suite(.loop) struct ClientAddressTests {
    @Test(arguments: [
        "1.1.1.1", "8.8.8.8", "100.63.255.255", "100.128.0.1", "172.15.0.1", "172.32.0.1",
        "198.17.0.1", "198.20.0.1", "223.255.255.255", "192.0.1.1", "2606:4700::1111",
        "2a00:1450:4001::1", "64:ff9b::808:808", "2001:200::1",
    ])
    func `is public`(text: String) throws {
        let address = try #require(IPAddress(text))
        #expect(address.isPublic)
        #expect("\(address)" == text || text.hasPrefix("64:"))
    }

    @Test(arguments: [
        "0.0.0.0", "0.1.2.3", "10.0.0.1", "100.64.0.1", "100.127.255.255", "127.0.0.1",
        "127.255.0.1", "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.1",
        "192.0.2.1", "192.88.99.1", "192.168.1.1", "198.18.0.1", "198.19.0.1", "198.51.100.1",
        "203.0.113.1", "224.0.0.1", "239.1.1.1", "240.0.0.1", "255.255.255.255",
        "::", "::1", "::ffff:8.8.8.8", "::ffff:127.0.0.1", "::7f00:1", "64:ff9b::7f00:1",
        "64:ff9b::a9fe:a9fe", "64:ff9b:1::808:808", "100::1", "2001::1", "2001:db8::1",
        "2002:7f00:1::", "2002:808:808::1", "3fff::1", "fc00::1", "fdff::1", "fe80::1", "fec0::1",
        "ff02::1", "4000::1",
    ])
    func `is not public`(text: String) throws {
        let address = try #require(IPAddress(text))
        #expect(!address.isPublic)
    }

    @Test(arguments: [
        "", "1.2.3", "1.2.3.4.5", "256.1.1.1", "::g", "[::1]", "localhost", "1.2.3.4\0",
    ])
    func `is no address`(text: String) { #expect(IPAddress(text) == nil || text.contains("\0")) }

    @Loop
    @Test(arguments: [
        "http://127.0.0.1:9/", "http://127.1:9/", "http://0x7f.1:9/", "http://2130706433:9/",
        "http://017700000001:9/", "http://localhost:9/", "http://LOCALHOST:9/",
        "http://x.localhost:9/", "http://[::1]:9/", "http://[::ffff:127.0.0.1]:9/",
        "http://169.254.169.254/latest", "http://inner.test:9/", "http://mixed.test:9/",
    ])
    func `a tenant's URL does not reach inner addresses`(url: String) async throws {
        let fixture = ClientFixture(lookup: names)
        let error = await fixture.failure { () async throws(HTTPClientError) in
            _ = try await fixture.client.send(
                HTTPClientRequest(method: "GET", url: url, reach: .publicOnly)
            )
        }
        guard case .forbiddenAddress = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(error?.isBeforeFirstByte == true)
    }

    @Loop
    @Test(arguments: [
        "", "x", "/path", "ftp://x/", "file:///etc/passwd", "http://", "http:////x", "http://a b/",
        "http://user@x/", "http://user:pass@x/", "http://x:99999/", "http://bücher.example/",
        "http://x./", "http://x%00y/", "http://x\r\nHost: y/", "http://exa_mple!/", "javascript:1",
    ])
    func `what is no plain URL is refused`(url: String) async throws {
        let error = await ClientFixture(lookup: names).failure(ofGet: url)
        guard case .badRequest = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(error?.isBeforeFirstByte == true)
    }

    @Loop
    @Test(arguments: [
        ("a b", "v"), ("", "v"), ("a:", "v"), ("a", "v\r\nx: y"), ("a", "v\n"), ("a", "v\0"),
    ])
    func `a header cannot bring lines of its own`(name: String, value: String) async throws {
        var headers = HTTPHeaders()
        headers.add(name, value)
        let request = HTTPClientRequest(url: "http://127.0.0.1:9/", headers: headers)
        let fixture = ClientFixture()
        let error = await fixture.failure { () async throws(HTTPClientError) in
            _ = try await fixture.client.send(request)
        }
        guard case .badRequest = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Loop @Test func `a request leaves from the address that it names`() async throws {
        let peers: HTTPHandler = { request in
            guard case .network(let address) = request.peer else { return .text("local") }
            return .text(address)
        }
        try await withServer(handler: peers) { server in
            let fixture = ClientFixture()
            let url = "http://127.0.0.1:\(server.port)/"
            for source in [nil, "127.1.2.3", "127.1.0.250"] {
                var request = HTTPClientRequest(method: "GET", url: url)
                request.source = source.flatMap { IPAddress($0) }
                let peer = try await fixture.text(fixture.client.send(request))
                #expect(peer == source ?? "127.0.0.1")
            }
        }
    }

    // MARK: Look-ups

    @Loop @Test func `a name is looked up once a minute, and pinned`() async throws {
        let server = try ScriptedServer { connection in
            while true {
                try await connection.request()
                try await connection.answer("ok", fields: "Connection: close\r\n")
            }
        }
        let count = Mutex(0)
        let fixture = ClientFixture { name in
            count.withLock { $0 += 1 }
            return names(name)
        }
        let url = "http://Inner.Test:\(server.port)/"
        for _ in 0..<3 { _ = try await fixture.text(fixture.get(url)) }
        let before = count.withLock { $0 }
        fixture.clock.advance(by: .seconds(60))
        _ = try await fixture.text(fixture.get(url))
        let after = count.withLock { $0 }
        #expect([before, after] == [1, 2])
        let host = server.connections.first?.requests.first?["host"]
        #expect(host == "Inner.Test:\(server.port)")
        await server.stop()
    }

    @Loop @Test func `localhost needs no look-up`() async throws {
        let server = try ScriptedServer { connection in
            try await connection.request()
            try await connection.answer("ok")
        }
        let fixture = ClientFixture { _ in .failure(.init(reason: "asked")) }
        let text = try await fixture.text(fixture.get("http://localhost:\(server.port)/"))
        #expect(text == "ok")
        await server.stop()
    }

    @Loop @Test func `an unknown name is asked for again, and is an error in words`() async throws {
        let count = Mutex(0)
        let fixture = ClientFixture { name in
            count.withLock { $0 += 1 }
            return names(name)
        }
        for _ in 0..<2 {
            let error = await fixture.failure(ofGet: "http://nowhere.test/?key=1")
            #expect(error == .unknownHost(host: "nowhere.test", reason: "no such name"))
        }
        let asked = count.withLock { $0 }
        #expect(asked == 2)
    }

    @Loop @Test func `a look-up that hangs is given up, and its askers share it`() async throws {
        let gate = Mutex(false)
        let count = Mutex(0)
        let fixture = ClientFixture { _ in
            count.withLock { $0 += 1 }
            while !gate.withLock({ $0 }) {}
            return .failure(.init(reason: "late"))
        }
        var errors: [HTTPClientError?] = []
        let pool = TaskPool()
        for _ in 0..<3 {
            pool.spawn { errors.append(await fixture.failure(ofGet: "http://slow.test/")) }
        }
        let cancelled = pool.spawn {
            errors.append(await fixture.failure(ofGet: "http://slow.test/"))
        }
        await settle()
        cancelled.cancel()
        await turn { pool.count == 3 }
        fixture.clock.advance(by: .seconds(10))
        await pool.drain()
        gate.withLock { $0 = true }
        let late = HTTPClientError.connectTimeout(host: "slow.test", after: .seconds(10))
        let (reported, asked) = (errors, count.withLock { $0 })
        #expect(reported == [.cancelled, late, late, late])
        #expect(asked <= 1)
    }

    @Loop @Test func `the system's own look-up works`() async throws {
        let fixture = ClientFixture()
        let error = await fixture.failure(ofGet: "http://name.invalid/")
        guard case .unknownHost(let host, _) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(host == "name.invalid")
    }
}

/// The names that these tests know.
@Sendable private func names(_ name: String) -> Result<[IPAddress], Resolver.LookupFailure> {
    let known = [
        "inner.test": ["127.0.0.1"], "mixed.test": ["93.184.215.14", "10.0.0.1"],
        "public.test": ["93.184.215.14"],
    ]
    guard let addresses = known[name] else { return .failure(.init(reason: "no such name")) }
    return .success(addresses.compactMap { IPAddress($0) })
}
