import BerthCache
import BerthLoop
import BerthMemory
import BerthTestKit
import Testing

/// The first level, with its size, its expiry and its eviction policy.
@Suite(.loop, .timeLimit(.minutes(20))) struct MemoryCacheTests {
    @Loop @Test func `a value is found until it expires`() throws {
        let clock = ManualClock()
        let cache = try MemoryCache(limit: .kibibytes(64), account: account(), in: .quiet(clock))
        let isKept = cache.set(key(1), value([1, 2], clock, for: .seconds(10)))
        let found = cache.get(key(1))?.bytes
        clock.advance(by: .seconds(10))
        let late = cache.get(key(1))
        let counts = cache.statistics
        #expect(isKept)
        #expect(found == [1, 2])
        #expect(late == nil)
        #expect(counts.hits == 1 && counts.misses == 1 && counts.expired == 1)
        #expect(counts.bytes == .zero && counts.entries == 0)
    }

    @Loop @Test func `it never holds more than its limit, and the ledger knows what it holds`()
        throws
    {
        let clock = ManualClock()
        let ledger = account()
        let cache = try MemoryCache(limit: .kibibytes(256), account: ledger, in: .quiet(clock))
        for number in 0..<2_000 {
            let size = (number &* 7919) % 3_000
            cache.set(key(number), value([UInt8](repeating: 1, count: size), clock))
            let (held, leased) = (cache.statistics.bytes, ledger.held)
            guard held <= leased, leased <= .kibibytes(256) else {
                Issue.record("\(held) held, \(leased) leased")
                return
            }
        }
        let before = cache.statistics.bytes
        cache.keep(part: 1.0 / 16)
        let held = cache.statistics.bytes
        #expect(before > .kibibytes(200))
        #expect(held <= .kibibytes(16))
        #expect(ledger.held == held)
        cache.set(key(1), value([UInt8](repeating: 1, count: 20 << 10), clock))
        #expect(cache.statistics.bytes <= .kibibytes(16))
        cache.keep(part: 1)
        cache.set(key(1), value([UInt8](repeating: 1, count: 20 << 10), clock))
        #expect(cache.statistics.bytes > .kibibytes(20))
        cache.removeAll()
        #expect(ledger.held == .zero)
    }

    @Loop @Test func `what is asked for survives a scan of ten times the cache`() throws {
        let clock = ManualClock()
        let cache = try MemoryCache(limit: .kibibytes(128), account: account(), in: .quiet(clock))
        let body = [UInt8](repeating: 1, count: 768)
        for number in 0..<20 {
            cache.set(key(number), value(body, clock))
            _ = cache.get(key(number))
        }
        for number in 1_000..<2_200 { cache.set(key(number), value(body, clock)) }
        let left = (0..<20).count { cache.get(key($0)) != nil }
        #expect(left == 20)
    }

    @Loop @Test func `what comes back soon after it was dropped is kept longer`() throws {
        let clock = ManualClock()
        let cache = try MemoryCache(limit: .kibibytes(128), account: account(), in: .quiet(clock))
        let body = [UInt8](repeating: 1, count: 768)
        for number in 0..<130 { cache.set(key(number), value(body, clock)) }
        let wasDropped = cache.get(key(0)) == nil
        cache.set(key(0), value(body, clock))
        for number in 1_000..<1_300 { cache.set(key(number), value(body, clock)) }
        let isThere = cache.get(key(0)) != nil
        #expect(wasDropped)
        #expect(isThere)
    }

    @Loop @Test func `a value larger than the cache is not kept and drops nothing`() throws {
        let clock = ManualClock()
        let cache = try MemoryCache(limit: .kibibytes(4), account: account(), in: .quiet(clock))
        cache.set(key(1), value([1], clock))
        let isKept = cache.set(key(2), value([UInt8](repeating: 0, count: 5_000), clock))
        let other = cache.get(key(1))?.bytes
        #expect(!isKept)
        #expect(other == [1])
    }

    @Loop @Test func `a process short of memory has a smaller cache, not an error`() throws {
        let clock = ManualClock()
        let ledger = account(.kibibytes(80))
        let cache = try MemoryCache(limit: .mebibytes(1), account: ledger, in: .quiet(clock))
        for number in 0..<500 {
            cache.set(key(number), value([UInt8](repeating: 1, count: 1_000), clock))
        }
        let last = cache.get(key(499)) != nil
        let held = cache.statistics.bytes
        #expect(last)
        #expect(held > .kibibytes(50) && held <= .kibibytes(80))
    }

    @Loop @Test func `a value set again replaces the first`() throws {
        let clock = ManualClock()
        let cache = try MemoryCache(limit: .kibibytes(64), account: account(), in: .quiet(clock))
        cache.set(key(1), value([1], clock))
        cache.set(key(1), value([2, 3], clock))
        let found = cache.get(key(1))?.bytes
        let counts = cache.statistics
        cache.removeAll()
        let after = cache.statistics
        #expect(found == [2, 3])
        #expect(counts.entries == 1)
        #expect(counts.bytes == ByteCount(16 + 2 + MemoryCache.overhead))
        #expect(after.entries == 0 && after.bytes == .zero)
    }

    @Loop @Test func `whatever is done, it agrees with a plain table on what it has`() throws {
        let clock = ManualClock()
        let cache = try MemoryCache(limit: .kibibytes(32), account: account(), in: .quiet(clock))
        var plain: [Int: [UInt8]] = [:]
        var random = SplitMix(state: 42)
        for _ in 0..<20_000 {
            let number = Int(random.next() % 200)
            switch random.next() % 3 {
            case 0:
                let bytes = [UInt8](repeating: UInt8(random.next() % 251), count: number)
                cache.set(key(number), value(bytes, clock))
                plain[number] = bytes
            default:
                if let found = cache.get(key(number)), found.bytes != plain[number] {
                    Issue.record("\(number): \(found.bytes.count) other bytes")
                    return
                }
            }
        }
        let held = cache.statistics.bytes
        #expect(held <= .kibibytes(32))
    }
}

/// Makes a value that is made now.
@Loop func value(
    _ bytes: [UInt8],
    _ clock: any Clock,
    for lifetime: Duration = .seconds(3600)
) -> CachedValue {
    let now = clock.timestamp
    return CachedValue(bytes: bytes, created: now, expires: now + lifetime)
}

/// The generator SplitMix64, which gives the same numbers in every run.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ z &>> 30) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ z &>> 27) &* 0x94D0_49BB_1331_11EB
        return z ^ z &>> 31
    }
}
