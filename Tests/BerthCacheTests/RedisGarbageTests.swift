import BerthCache
import BerthConfig
import BerthLoop
import BerthMemory
import BerthTestKit
import Testing

/// Servers that are no Redis.
///
/// No bytes from a server end this process.
@Suite(.loop, .timeLimit(.minutes(20))) struct RedisGarbageTests {
    @Loop
    @Test(arguments: [
        "HTTP/1.1 400 Bad Request\r\n\r\n", "+PONG\r\n+PONG\r\n", "$-1\r\n", "*2\r\n:1\r\n:2\r\n",
        ":7\r\n", "+PONG\r\n$3\r\nabc\r\n:1\r\n",
        // More than was asked, by its own account: no byte of it is waited for.
        "$99999999999\r\n", "$2147483647\r\n", "$2147483648\r\n", "$4294967296\r\n",
        "$9223372036854775807\r\n", "$99999999999999999999999\r\n", "$1114113\r\n",
        "*2147483647\r\n", "*2147483648\r\n", "*1001\r\n", "*9223372036854775807\r\n",
        "*4294967297\r\n", "*2\r\n$1\r\n0\r\n*2147483647\r\n", "*500\r\n*501\r\n",
        "*-2\r\n", "$-2\r\n", "*-2147483648\r\n", "$-9223372036854775808\r\n", "*x\r\n", "$\r\n",
        "*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n:1\r\n",
        "%1\r\n+a\r\n+b\r\n", "~1\r\n+a\r\n", ">1\r\n+a\r\n", "|1\r\n+a\r\n+b\r\n", "_\r\n",
        ":99999999999999999999\r\n", "\r\n\r\n", "\0\0\0\0",
        String(repeating: "*999\r\n", count: 8),
    ])
    func `a peer that answers nonsense is away`(answer: String) async throws {
        let peer = try NonsenseServer(answer: answer)
        let redis = RunningRedis(.unix(path: peer.path))
        let fault = try await redis.untilAway()
        #expect(fault == .garbage)
        await redis.end()
        peer.close()
    }

    @Loop @Test func `bytes that nobody asked for end the connection, not the process`()
        async throws
    {
        let peer = try NonsenseServer(answer: "+PONG\r\n")
        let redis = RunningRedis(.unix(path: peer.path))
        try await redis.untilUp()
        peer.say("+PONG\r\n")
        let fault = try await redis.untilAway()
        #expect(fault == .garbage)
        await redis.end()
        peer.close()
    }

    @Loop
    @Test(arguments: [
        String(repeating: "+", count: 90_000), ":" + String(repeating: "1", count: 90_000),
        "*" + String(repeating: "0", count: 90_000), "$" + String(repeating: "0", count: 90_000),
        "*900\r\n"
            + String(
                repeating: "$1000\r\n" + String(repeating: "x", count: 1000) + "\r\n",
                count: 85
            ),
    ])
    func `an endless line and endless elements are cut off`(answer: String) async throws {
        let peer = try NonsenseServer(answer: "+PONG\r\n")
        var limits = RunningRedis.limits
        limits.value = .kibibytes(1)
        let redis = RunningRedis(.unix(path: peer.path), limits: limits)
        try await redis.untilUp()
        peer.answer = answer
        let error = await cacheError { () async throws(CacheError) in
            try await redis.client.get([1])
        }
        #expect(error == .away(.garbage))
        await redis.end()
        peer.close()
    }

    @Loop @Test func `a list of as many elements as are allowed is read`() async throws {
        let peer = try NonsenseServer(answer: "+PONG\r\n")
        let redis = RunningRedis(.unix(path: peer.path))
        try await redis.untilUp()
        // A page of SCAN without keys to remove: 1,000 elements in all.
        let names = String(repeating: ":1\r\n", count: RedisLimits.elements - 2)
        peer.answer = "*2\r\n$1\r\n0\r\n*\(RedisLimits.elements - 2)\r\n\(names)"
        #expect(try await redis.client.flush() == 0)
        await redis.end()
        peer.close()
    }

    @Loop @Test func `a lying count of removed keys is bounded`() async throws {
        let peer = try NonsenseServer(answer: "+PONG\r\n")
        let redis = RunningRedis(.unix(path: peer.path))
        try await redis.untilUp()
        for number in ["9223372036854775807", "-9223372036854775808"] {
            peer.answer = ":\(number)\r\n"
            let count = try await redis.client.del([[1], [2]])
            #expect((0...500).contains(count))
        }
        await redis.end()
        peer.close()
    }

    @Loop @Test func `an endless answer is cut off`() async throws {
        let peer = try NonsenseServer(answer: "+PONG\r\n")
        var limits = RunningRedis.limits
        limits.value = .kibibytes(1)
        let redis = RunningRedis(.unix(path: peer.path), limits: limits)
        try await redis.untilUp()
        peer.answer = "$90000000\r\n" + String(repeating: "x", count: 90_000)
        let error = await cacheError { () async throws(CacheError) in
            try await redis.client.get([1])
        }
        #expect(error == .away(.garbage))
        await redis.end()
        peer.close()
    }
}
