import BerthHTTP
import BerthLoop
import BerthTestKit
import Testing

@Suite(.loop) struct ClientRouteTests {
    @Loop @Test func `a proxy gets the whole URL, and the name is not looked up here`() async throws
    {
        let proxy = try ScriptedServer { connection in
            try await connection.request()
            try await connection.answer("by the proxy")
        }
        let fixture = ClientFixture(lookup: { _ in .success([]) })
        let response = try await fixture.client.send(
            request("http://api.provider.invalid/v1", by: proxy, login: "ann:secret@")
        )
        #expect(try await fixture.text(response) == "by the proxy")
        let seen = try #require(proxy.connections.first?.requests.first)
        #expect(seen.head.hasPrefix("GET http://api.provider.invalid/v1 HTTP/1.1\r\n"))
        #expect(seen["proxy-authorization"] == "Basic YW5uOnNlY3JldA==")
        await proxy.stop()
    }

    @Loop @Test func `a secure target is asked for through a tunnel`() async throws {
        let proxy = try ScriptedServer { connection in
            try await connection.request()
            try await connection.send("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
        }
        let fixture = ClientFixture()
        let error = await fixture.failure { () async throws(HTTPClientError) in
            _ = try await fixture.client.send(request("https://api.provider.invalid/", by: proxy))
        }
        let name = "proxy 127.0.0.1:\(proxy.port)"
        #expect(error == .unreachable(host: name, reason: "it refuses the tunnel: status 403"))
        let head = proxy.connections.first?.requests.first?.head ?? ""
        #expect(head.hasPrefix("CONNECT api.provider.invalid:443 HTTP/1.1\r\n"))
        await proxy.stop()
    }

    @Loop @Test func `a request for public addresses only ignores the proxy`() async throws {
        let proxy = try ScriptedServer { connection in try await connection.request() }
        let fixture = ClientFixture(lookup: { _ in
            .success([IPAddress("10.0.0.1")].compactMap(\.self))
        })
        var request = request("http://tenant.example/", by: proxy)
        request.reach = .publicOnly
        let error = await fixture.failure { [request] () async throws(HTTPClientError) in
            _ = try await fixture.client.send(request)
        }
        #expect(error == .forbiddenAddress(host: "tenant.example", address: "10.0.0.1"))
        #expect(proxy.connections.isEmpty)
        await proxy.stop()
    }

    @Loop @Test func `an error names a proxy that cannot be reached, without its login`()
        async throws
    {
        let proxy = try ScriptedServer { _ in }
        let request = request("http://api.provider.invalid/", by: proxy, login: "ann:secret@")
        await proxy.stop()
        let fixture = ClientFixture()
        let error = await fixture.failure { () async throws(HTTPClientError) in
            _ = try await fixture.client.send(request)
        }
        let words = error?.description ?? ""
        #expect(words.contains("proxy 127.0.0.1:\(proxy.port)"))
        #expect(!words.contains("secret"))
    }

    @Loop private func request(
        _ url: String,
        by proxy: ScriptedServer,
        login: String = ""
    ) -> HTTPClientRequest {
        var request = HTTPClientRequest(method: "GET", url: url)
        request.route.proxy = HTTPClientRoute.Proxy(
            url: "http://\(login)127.0.0.1:\(proxy.port)",
            host: "127.0.0.1",
            port: proxy.port
        )
        return request
    }
}
