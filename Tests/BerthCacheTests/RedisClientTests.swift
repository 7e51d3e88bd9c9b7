import BerthCache
import BerthConfig
import BerthLoop
import BerthMemory
import BerthTestKit
import Testing

/// The client against a real redis-server that works.
@Suite(.loop, .timeLimit(.minutes(20))) struct RedisClientTests {
    @Loop @Test func `what is stored comes back, whatever its bytes are`() async throws {
        let folder = try TemporaryFolder()
        let server = try await RedisServer.start(in: folder)
        let redis = RunningRedis(server)
        try await redis.untilUp()
        let value = (0..<70_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        let name: [UInt8] = [0, 13, 10, 255, 42]
        let before = try await redis.client.get(name)
        try await redis.client.setEX(name, value, lifetime: .seconds(3_600))
        let after = try await redis.client.get(name)
        let removed = try await redis.client.del([name, bytes("absent")])
        let gone = try await redis.client.get(name)
        try await redis.client.ping()
        #expect(before == nil)
        #expect(after == value)
        #expect(removed == 1)
        #expect(gone == nil)
        await redis.end()
    }

    @Loop @Test func `only the first of two stores only what is absent`() async throws {
        let folder = try TemporaryFolder()
        let server = try await RedisServer.start(in: folder)
        let redis = RunningRedis(server)
        try await redis.untilUp()
        let first = try await redis.client.setEX(
            bytes("a"),
            bytes("1"),
            lifetime: .seconds(3_600),
            onlyIfAbsent: true
        )
        let second = try await redis.client.setEX(
            bytes("a"),
            bytes("2"),
            lifetime: .seconds(3_600),
            onlyIfAbsent: true
        )
        let value = try await redis.client.get(bytes("a"))
        let lifetime = try #require(Int(try await server.ask("TTL a").dropFirst()))
        #expect(first && !second)
        #expect(value == bytes("1"))
        #expect((1...3_600).contains(lifetime))  // the clock of Redis advances
        await redis.end()
    }

    @Loop @Test func `a flush removes our keys and nobody else's`() async throws {
        let folder = try TemporaryFolder()
        let server = try await RedisServer.start(in: folder)
        let redis = RunningRedis(server)
        try await redis.untilUp()
        for number in 0..<1_200 {
            try await redis.client.setEX(key(number).redisName, [1], lifetime: .seconds(3_600))
        }
        try await redis.client.setEX(bytes("other:1"), [1], lifetime: .seconds(3_600))
        let removed = try await redis.client.flush()
        let left = try await server.ask("DBSIZE")
        #expect(removed == 1_200)
        #expect(left == ":1")
        await redis.end()
    }

    @Loop @Test func `a password and a database are used, over TCP and by name`() async throws {
        let folder = try TemporaryFolder()
        let server = try await RedisServer.start(
            in: folder,
            hasPort: true,
            options: ["--requirepass", "hunter2"]
        )
        for host in ["127.0.0.1", "localhost", "redis.example"] {
            let address = RedisAddress.tcp(
                host: host,
                port: server.port,
                database: 3,
                user: nil,
                password: Secret("hunter2")
            )
            let redis = RunningRedis(address, resolve: { _, _ in ["127.0.0.1"] })
            try await redis.untilUp()
            try await redis.client.setEX(bytes(host), [1], lifetime: .seconds(3_600))
            let memory = try await redis.client.memory()
            #expect(memory.used > .zero)
            #expect(memory.policy == "noeviction")
            await redis.end()
        }
        let unauthorized = try await server.ask("DBSIZE")
        #expect(unauthorized.hasPrefix("-NOAUTH"))
    }

    @Loop @Test func `more than may wait is refused at once, the rest is answered`() async throws {
        let folder = try TemporaryFolder()
        let server = try await RedisServer.start(in: folder)
        var limits = RunningRedis.limits
        limits.waiting = 3
        let redis = RunningRedis(server, limits: limits)
        try await redis.untilUp()
        var outcomes: [Result<Bool, CacheError>] = []
        let done = Wakeup()
        for number in 0..<5 {
            redis.client.setEX([UInt8(number)], [1], lifetime: .seconds(9)) { outcome in
                outcomes.append(outcome)
                if outcomes.count == 5 { done.signal() }
            }
        }
        try await done.wait()
        #expect(outcomes.prefix(2) == [.failure(.busy(waiting: 3)), .failure(.busy(waiting: 3))])
        #expect(outcomes.suffix(3) == [.success(true), .success(true), .success(true)])
        await redis.end()
    }

    @Loop @Test func `a value beyond the limit is not sent, and one that is there is cut`()
        async throws
    {
        let folder = try TemporaryFolder()
        let server = try await RedisServer.start(in: folder)
        var limits = RunningRedis.limits
        limits.value = .kibibytes(1)
        let redis = RunningRedis(server, limits: limits)
        try await redis.untilUp()
        let refused = await cacheError { () async throws(CacheError) in
            try await redis.client.setEX([1], [UInt8](repeating: 1, count: 1025), lifetime: .zero)
        }
        _ = try await server.ask("SETRANGE huge 9000000 x")
        let cut = try await redis.client.get(bytes("huge"))
        #expect(refused == .tooLarge(bytes: 1025, most: 1024))
        #expect(cut?.count == 1025)
        await redis.end()
    }
}
