import BerthCache
import BerthConfig
import BerthLoop
import BerthMemory
import BerthTelemetry
import BerthTestKit
import Synchronization

/// Makes a key whose hash repeats the bytes of `number` 16 times.
func key(_ number: Int, _ kind: CacheKind = .answer) -> CacheKey {
    let bytes = (0..<8).map { UInt8(truncatingIfNeeded: number >> ($0 * 8)) }
    return CacheKey(kind, hash: bytes + bytes)
}

/// Makes a ledger with room for `limit`.
func account(_ limit: ByteCount = .mebibytes(64)) -> MemoryAccount {
    MemoryBudget(limit: limit).account(for: "the cache", quota: limit)
}

/// The lines of a log.
final class LogLines: Sendable {
    private let lines = Mutex<[String]>([])

    var log: Log { Log(level: .info) { line in self.lines.withLock { $0.append(line) } } }

    func containing(_ words: String) -> Int {
        lines.withLock { $0.count { $0.contains(words) } }
    }

    var all: [String] { lines.withLock { $0 } }
}

/// A running client, whose changes a test follows.
@Loop final class RunningRedis {
    let client: RedisClient
    let lines = LogLines()
    private let stop = Stop()
    private let pool = TaskPool()
    private let news = Wakeup()
    private(set) var announced: [RedisFault?] = []

    /// Short limits, so tests of an absent server are short.
    static var limits: RedisLimits {
        var limits = RedisLimits()
        limits.firstPause = .milliseconds(2)
        limits.longestPause = .milliseconds(20)
        limits.command = .seconds(60)
        limits.connect = .seconds(60)
        return limits
    }

    init(
        _ address: RedisAddress,
        limits: RedisLimits = RunningRedis.limits,
        clock: any Clock = SystemClock(),
        resolve: RedisClient.Resolve? = nil
    ) {
        client = RedisClient(
            address: address,
            limits: limits,
            in: .quiet(clock, log: lines.log),
            resolve: resolve
        )
        client.onChange = { [weak self] fault in
            self?.announced.append(fault)
            self?.news.signal()
        }
        pool.spawn { [client, stop] in await client.run(until: stop) }
    }

    convenience init(_ server: RedisServer, limits: RedisLimits = RunningRedis.limits) {
        self.init(.unix(path: server.path), limits: limits)
    }

    func untilUp() async throws { while client.fault != nil { try await news.wait() } }

    func untilAway() async throws -> RedisFault {
        while true {
            if let fault = client.fault, fault != .notStarted { return fault }
            try await news.wait()
        }
    }

    /// Waits for that many changes.
    ///
    /// After the last one only the next pause is pending.
    func untilAnnounced(_ count: Int) async throws {
        while announced.count < count { try await news.wait() }
    }

    func end() async {
        stop.request()
        await pool.drain()
    }
}

/// Returns the error of `work`, or nil if it had none.
@Loop func cacheError<Value>(
    _ work: @Loop () async throws(CacheError) -> Value
) async -> CacheError? {
    do throws(CacheError) {
        _ = try await work()
        return nil
    } catch { return error }
}

func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }
