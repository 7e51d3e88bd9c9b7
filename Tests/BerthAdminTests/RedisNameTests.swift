import BerthCache
import BerthConfig
import BerthHTTP
import BerthLoop
import BerthTelemetry
import BerthTestKit
import Testing

/// A Redis server by name, resolved as `berth serve` does it.
@Suite(.loop, .timeLimit(.minutes(20))) struct RedisNameTests {
    /// The client's fault after it has tried every address, or nil if it can be used.
    @Loop private func outcome(of host: String, port: Int) async throws -> RedisFault? {
        let resolver = Resolver(in: .quiet()) { name in
            guard name == "redis.test" else { return .failure(.init(reason: "no such name")) }
            return .success(["127.0.0.2", "127.0.0.1"].compactMap { IPAddress($0) })
        }
        let address = try #require(RedisAddress("redis://\(host):\(port)"))
        let client = RedisClient(
            address: address,
            limits: .patient,
            in: .quiet(),
            resolve: { host, limit in
                await resolver.addresses(of: host, within: limit).map(\.description)
            }
        )
        let (stop, pool, news) = (Stop(), TaskPool(), Mailbox<RedisFault?>())
        client.onChange = { news.put($0) }
        pool.spawn { await client.run(until: stop) }
        var fault = try await news.next("the first try")
        if fault == .unreachable { fault = try await news.next("the second address") }
        stop.request()
        await pool.drain()
        return fault
    }

    @Loop @Test func `each of a name's addresses is tried`() async throws {
        let folder = try TemporaryFolder()
        let server = try await RedisServer.start(in: folder, hasPort: true)
        let port = server.port
        let (named, unknown) = (
            try await outcome(of: "redis.test", port: port),
            try await outcome(of: "nobody.test", port: port)
        )
        #expect(named == nil)
        #expect(unknown == .unknownHost("nobody.test"))
        #expect(try await server.ask("PING") == "+PONG")
    }
}
