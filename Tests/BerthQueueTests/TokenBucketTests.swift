import BerthLoop
import BerthQueue
import Testing

@Suite struct TokenBucketTests {
    let start = Instant.after(.zero)

    @Test func `it begins full and refills without a jump`() {
        var bucket = TokenBucket(perMinute: 60, burst: 2, at: start)
        expectTake(&bucket, 2, at: start, takes: true)
        expectTake(&bucket, 1, at: start, takes: false)
        #expect(bucket.ready(for: 1, at: start) == .after(.seconds(1)))
        #expect(bucket.ready(for: 2, at: start) == .after(.seconds(2)))
        expectTake(&bucket, 1, at: .after(.microseconds(999_999)), takes: false)
        expectTake(&bucket, 1, at: .after(.seconds(1)), takes: true)
        #expect(bucket.available(at: .after(.seconds(3_600))) == 2)
    }

    @Test(arguments: [1, 7, 60, 90_000, 150_000_000])
    func `steps as small as a nanosecond lose nothing`(perMinute: Int) {
        var bucket = TokenBucket(perMinute: perMinute, burst: perMinute, at: start)
        expectTake(&bucket, perMinute, at: start, takes: true)
        var random = SeededGenerator(seed: 7)
        var elapsed = Duration.zero
        while elapsed < .seconds(59) {
            elapsed += .nanoseconds(Int64(random.next() % 500_000_000))
            bucket.settle(reserved: 0, used: 0, at: .after(elapsed))
        }
        #expect(bucket.ready(for: perMinute, at: .after(elapsed)) == .after(.seconds(60)))
    }

    @Test func `ready is when take says yes, to the microsecond`() {
        var random = SeededGenerator(seed: 3)
        for _ in 0..<2_000 {
            var bucket = TokenBucket(
                perMinute: Int(random.next() % 100_000) + 1,
                burst: Int(random.next() % 1_000) + 1,
                at: start
            )
            bucket.settle(reserved: 0, used: Int(random.next() % 3_000), at: start)
            let count = Int(random.next() % 2_000)
            let ready = bucket.ready(for: count, at: start)
            if ready > start {
                expectTake(&bucket, count, at: ready + .microseconds(-1), takes: false)
            }
            expectTake(&bucket, count, at: ready, takes: true)
        }
    }

    @Test func `what is more than a bucket goes through a full one and is owed`() {
        var bucket = TokenBucket(perMinute: 60, burst: 10, at: start)
        expectTake(&bucket, 40, at: start, takes: true)
        #expect(bucket.available(at: start) == -30)
        #expect(bucket.ready(for: 1, at: start) == .after(.seconds(31)))
    }

    @Test func `a settlement gives back or takes more`() {
        var bucket = TokenBucket(perMinute: 600, burst: 100, at: start)
        expectTake(&bucket, 80, at: start, takes: true)
        bucket.settle(reserved: 80, used: 30, at: start)
        #expect(bucket.available(at: start) == 70)
        bucket.settle(reserved: 0, used: 90, at: start)
        #expect(bucket.available(at: start) == -20)
        bucket.settle(reserved: 500, used: 0, at: start)
        #expect(bucket.available(at: start) == 100)
    }

    @Test(arguments: [Int.min, -1, 0, 1, Int.max])
    func `no number makes it trap`(number: Int) {
        for at in [Instant(nanoseconds: .min), start, Instant(nanoseconds: .max)] {
            var bucket = TokenBucket(perMinute: number, burst: number, at: start)
            _ = bucket.take(number, at: at)
            bucket.settle(reserved: number, used: .max, at: at)
            bucket.settle(reserved: .max, used: number, at: at)
            _ = bucket.take(0, at: at)
            _ = bucket.ready(for: number, at: at)
        }
    }
}

extension TokenBucket {
    /// The whole units in an open bucket.
    ///
    /// A negative number is debt.
    fileprivate func available(at now: Instant) -> Int {
        let debt = ready(for: 0, at: now) - now
        guard debt <= .zero else { return -Int((debt.seconds * Double(perMinute) / 60).rounded()) }
        return (0...burst).last { ready(for: $0, at: now) <= now } ?? 0
    }
}

/// Takes from a bucket and compares its answers with `takes`.
private func expectTake(
    _ bucket: inout TokenBucket,
    _ count: Int,
    at now: Instant,
    takes: Bool,
    sourceLocation: SourceLocation = #_sourceLocation
) {
    let taken = bucket.take(count, at: now)
    #expect(taken == takes, sourceLocation: sourceLocation)
}
