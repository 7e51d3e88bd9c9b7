import BerthCache
import BerthConfig
import BerthLoop
import BerthMemory
import BerthTestKit
import Testing

/// Redis that is away, in every possible way.
@Suite(.loop, .timeLimit(.minutes(20))) struct RedisFaultTests {
    @Loop @Test func `never there: one line, and every call fails at once`() async throws {
        let folder = try TemporaryFolder()
        let clock = ManualClock()
        let nobody = RedisAddress.unix(path: folder.path(of: "nobody.sock"))
        let redis = RunningRedis(nobody, clock: clock)
        let fault = try await redis.untilAway()
        var outcomes: [Result<Bool, CacheError>] = []
        for _ in 0..<100 {
            redis.client.setEX([1], [1], lifetime: .seconds(9)) { outcomes.append($0) }
        }
        let atOnce = outcomes  // within the same turn of the loop
        let error = await cacheError { () async throws(CacheError) in
            try await redis.client.get([1])
        }
        #expect(fault == .unreachable && error == .away(.unreachable))
        #expect(atOnce == [Result](repeating: .failure(.away(.unreachable)), count: 100))
        #expect(redis.lines.containing("redis is away") == 1)
        await redis.end()
    }

    @Loop @Test func `a refused port is away too`() async throws {
        let taken = try SilentPort()
        let address = RedisAddress.tcp(
            host: "127.0.0.1",
            port: taken.number,
            database: 0,
            user: nil,
            password: nil
        )
        let redis = RunningRedis(address)
        let fault = try await redis.untilAway()
        #expect(fault == .unreachable && taken.number > 0)
        await redis.end()
    }

    @Loop @Test func `a name that cannot be looked up is said`() async throws {
        let address = RedisAddress.tcp(
            host: "redis.example",
            port: 6379,
            database: 0,
            user: nil,
            password: nil
        )
        let redis = RunningRedis(address)
        let fault = try await redis.untilAway()
        #expect(fault == .unknownHost("redis.example"))
        await redis.end()
    }

    @Loop @Test func `killed midway and started again: one line down, one up, and it goes on`()
        async throws
    {
        let folder = try TemporaryFolder()
        let server = try await RedisServer.start(in: folder)
        let redis = RunningRedis(server)
        try await redis.untilUp()
        try await redis.client.setEX(bytes("a"), bytes("1"), lifetime: .seconds(3_600))
        try await server.kill()
        _ = try await redis.untilAway()
        let away = await cacheError { () async throws(CacheError) in
            try await redis.client.get(bytes("a"))
        }
        let again = try await RedisServer.start(in: folder)
        try await redis.untilUp()
        let empty = try await redis.client.get(bytes("a"))
        #expect(away != nil)
        #expect(empty == nil)
        #expect(again.path == server.path)
        #expect(redis.lines.containing("redis is away") == 1)
        #expect(redis.lines.containing("redis answers") == 2)
        await redis.end()
    }

    @Loop @Test func `commands under way fail when the server is killed`() async throws {
        let folder = try TemporaryFolder()
        let server = try await RedisServer.start(in: folder)
        let redis = RunningRedis(server)
        try await redis.untilUp()
        server.freeze()
        var errors: [CacheError?] = []
        let done = Wakeup()
        let pool = TaskPool()
        for number in 0..<20 {
            pool.spawn {
                errors.append(
                    await cacheError { () async throws(CacheError) in
                        try await redis.client.get([UInt8(number)])
                    }
                )
                if errors.count == 20 { done.signal() }
            }
        }
        try await server.kill()
        try await done.wait()
        #expect(errors.allSatisfy { $0 != nil })
        await redis.end()
    }

    @Loop @Test func `a frozen server costs one deadline, then nothing, and comes back by itself`()
        async throws
    {
        let folder = try TemporaryFolder()
        let server = try await RedisServer.start(in: folder)
        let clock = ManualClock()
        let limits = RedisLimits()
        let redis = RunningRedis(.unix(path: server.path), limits: limits, clock: clock)
        try await redis.untilUp()
        server.freeze()
        var outcomes: [Result<Bool, CacheError>] = []
        let send = { redis.client.setEX([1], [1], lifetime: .seconds(9)) { outcomes.append($0) } }
        send()
        clock.advance(by: limits.command - .milliseconds(1))
        let early = outcomes.count
        clock.advance(by: .milliseconds(1))
        let late = outcomes.count
        send()
        let atOnce = outcomes.count
        try await redis.untilAnnounced(2)
        server.thaw()
        clock.advance(by: limits.firstPause)
        try await redis.untilUp()
        let value = try await redis.client.get([2])
        let slow = CacheError.away(.slow(after: limits.command))
        #expect([early, late, atOnce] == [0, 1, 2])
        #expect(outcomes == [.failure(slow), .failure(slow)])
        #expect(value == nil)
        #expect(redis.lines.containing("redis is away") == 1)
        #expect(redis.lines.containing("redis answers") == 2)
        await redis.end()
    }

    @Loop @Test func `an answer that is here when its deadline fires is in time`() async throws {
        let peer = try NonsenseServer(answer: "+PONG\r\n")
        let clock = ManualClock()
        let limits = RedisLimits()
        let redis = RunningRedis(.unix(path: peer.path), limits: limits, clock: clock)
        try await redis.untilUp()
        var answered = false
        let heard = Wakeup()
        peer.onReply = { clock.advance(by: limits.command * 2) }
        redis.client.setEX([1], [1], lifetime: .seconds(9)) { outcome in
            answered = outcome == .success(true)
            heard.signal()
        }
        try await heard.wait()
        #expect(answered)
        await redis.end()
        peer.close()
    }

    @Loop @Test func `a server that sleeps is away, too`() async throws {
        let folder = try TemporaryFolder()
        let server = try await RedisServer.start(
            in: folder,
            options: ["--enable-debug-command", "yes"]
        )
        var limits = RunningRedis.limits
        limits.command = .milliseconds(50)
        let redis = RunningRedis(server, limits: limits)
        try await redis.untilUp()
        let sleeper = try RawClient(path: server.path)
        var error: CacheError?
        while error == nil {  // until it sleeps during the wait, which a slow machine may miss
            try await sleeper.send("DEBUG SLEEP 0.5\r\n")
            error = await cacheError { () async throws(CacheError) in
                try await redis.client.get([1])
            }
            _ = try await sleeper.read(until: "+OK\r\n")
        }
        try await redis.untilUp()
        #expect(error == .away(.slow(after: .milliseconds(50))))
        sleeper.close()
        await redis.end()
    }

    @Loop @Test(arguments: [nil, "wrong"])
    func `without the right password it is away, and says so without it`(password: String?)
        async throws
    {
        let folder = try TemporaryFolder()
        let server = try await RedisServer.start(
            in: folder,
            hasPort: true,
            options: ["--requirepass", "hunter2"]
        )
        let redis = RunningRedis(
            .tcp(
                host: "127.0.0.1",
                port: server.port,
                database: 0,
                user: nil,
                password: password.map { Secret($0) }
            )
        )
        let fault = try await redis.untilAway()
        #expect(fault == .login)
        #expect(redis.lines.containing("user or password") == 1)
        #expect(redis.lines.containing("wrong.") == 0)
        #expect(server.path.isEmpty == false)
        await redis.end()
    }

    @Loop @Test func `a database that is not there is said`() async throws {
        let folder = try TemporaryFolder()
        let server = try await RedisServer.start(
            in: folder,
            hasPort: true,
            options: ["--databases", "1"]
        )
        let redis = RunningRedis(
            .tcp(host: "127.0.0.1", port: server.port, database: 7, user: nil, password: nil)
        )
        let fault = try await redis.untilAway()
        #expect(fault == .database(7))
        #expect(server.path.isEmpty == false)
        await redis.end()
    }

    @Loop @Test func `a full server goes on answering reads, and takes writes again by itself`()
        async throws
    {
        let folder = try TemporaryFolder()
        let server = try await RedisServer.start(in: folder)
        var limits = RunningRedis.limits
        limits.writePause = .zero
        let redis = RunningRedis(server, limits: limits)
        try await redis.untilUp()
        try await redis.client.setEX(bytes("a"), bytes("1"), lifetime: .seconds(3_600))
        _ = try await server.ask("CONFIG SET maxmemory 1mb")
        for _ in 0..<3 {
            let error = await cacheError { () async throws(CacheError) in
                try await redis.client.setEX(
                    bytes("b"),
                    [UInt8](repeating: 0, count: 100_000),
                    lifetime: .seconds(3_600)
                )
            }
            #expect(error == .refusesWrites(.full))
        }
        let value = try await redis.client.get(bytes("a"))
        _ = try await server.ask("CONFIG SET maxmemory 0")
        try await redis.client.setEX(bytes("b"), bytes("2"), lifetime: .seconds(3_600))
        #expect(value == bytes("1"))
        #expect(redis.lines.containing("takes no writes") == 1)
        #expect(redis.lines.containing("takes writes again") == 1)
        await redis.end()
    }

    @Loop @Test func `while it refuses writes none is tried for a while`() async throws {
        let folder = try TemporaryFolder()
        let server = try await RedisServer.start(
            in: folder,
            options: ["--min-replicas-to-write", "1"]
        )
        var limits = RunningRedis.limits
        limits.writePause = .seconds(3_600)
        let redis = RunningRedis(server, limits: limits)
        try await redis.untilUp()
        var errors: [CacheError?] = []
        for _ in 0..<2 {
            errors.append(
                await cacheError { () async throws(CacheError) in
                    try await redis.client.setEX([1], [1], lifetime: .seconds(3_600))
                }
            )
        }
        let calls = try await server.ask("CONFIG SET min-replicas-to-write 0")
        let third = await cacheError { () async throws(CacheError) in
            try await redis.client.setEX([1], [1], lifetime: .seconds(3_600))
        }
        #expect(errors == [.refusesWrites(.readOnly), .refusesWrites(.readOnly)])
        #expect(calls == "+OK")
        #expect(third == .refusesWrites(.readOnly))
        await redis.end()
    }

    @Test(
        arguments: [
            (0, 1, 100), (1, 1, 100), (2, 1, 200), (4, 1, 800), (7, 1, 5_000), (1_000, 1, 5_000),
            (1, 0, 50), (2, 0.5, 150), (1_000, 0, 2_500),
        ] as [(Int, Double, Int64)]
    )
    func `pauses double up to the longest, and chance takes off up to a half`(
        failures: Int,
        random: Double,
        milliseconds: Int64
    ) {
        let pause = RedisLimits().pause(after: failures, random: random)
        #expect(pause == .milliseconds(milliseconds))
    }

    @Loop @Test func `a user who may not write is said, and reads go on`() async throws {
        let folder = try TemporaryFolder()
        let server = try await RedisServer.start(in: folder)
        let redis = RunningRedis(server)
        try await redis.untilUp()
        _ = try await server.ask("ACL SETUSER default -set")
        let error = await cacheError { () async throws(CacheError) in
            try await redis.client.setEX([1], [1], lifetime: .seconds(3_600))
        }
        let value = try await redis.client.get([1])
        #expect(error == .refusesWrites(.permission))
        #expect(value == nil)
        #expect(redis.lines.containing("extend its ACL") == 1)
        await redis.end()
    }

    @Loop @Test func `a replica's refusal is said as one`() async throws {
        let (folder, master) = (try TemporaryFolder(), try SilentPort())
        let server = try await RedisServer.start(
            in: folder,
            options: ["--replicaof", "127.0.0.1", "\(master.number)"]
        )
        let redis = RunningRedis(server)
        try await redis.untilUp()
        let error = await cacheError { () async throws(CacheError) in
            try await redis.client.setEX([1], [1], lifetime: .seconds(3_600))
        }
        #expect(error == .refusesWrites(.readOnly))
        await redis.end()
    }
}
