import BerthCache
import BerthConfig
import BerthLoop
import BerthMemory
import BerthTestKit
import Testing

/// Servers that are no Redis.
///
/// No bytes from a server end this process.
@Suite(.loop, .timeLimit(.minutes(5))) struct RedisGarbageTests {
    @Loop
    @Test(arguments: [
        "HTTP/1.1 400 Bad Request\r\n\r\n", "+PONG\r\n+PONG\r\n", "$-1\r\n", "*2\r\n:1\r\n:2\r\n",
        ":7\r\n", "$99999999999\r\n", "+PONG\r\n$3\r\nabc\r\n:1\r\n",
    ])
    func `a peer that answers nonsense is away`(answer: String) async throws {
        let peer = try NonsenseServer(answer: answer)
        var limits = RunningRedis.limits
        // Missing announced bytes are noticed only by the deadline.
        let isHalf = answer.hasPrefix("$99")
        if isHalf { limits.command = .milliseconds(100) }
        let redis = RunningRedis(.unix(path: peer.path), limits: limits)
        let fault = try await redis.untilAway()
        #expect(fault == (isHalf ? .slow(after: limits.command) : .garbage))
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
