import BerthLoop
import Testing

@testable import BerthQueue

@Suite struct BackoffTests {
    let backoff = Backoff()
    let now = Instant.after(.zero)

    @Test(arguments: [(1, 250, 500), (2, 500, 1_000), (3, 1_000, 2_000), (4, 2_000, 4_000)])
    func `the own waits double, spread over their upper half`(attempt: Int, least: Int, most: Int) {
        var random = SeededGenerator(seed: 5)
        var seen: Set<Duration> = []
        for _ in 0..<200 {
            let decision = backoff.decide(attempt: attempt, at: now, using: &random)
            guard case .retry(let wait) = decision else {
                Issue.record("no retry")
                return
            }
            #expect(wait >= .milliseconds(least) && wait <= .milliseconds(most))
            seen.insert(wait)
        }
        #expect(seen.count > 150)
    }

    @Test(arguments: [0, 1, 3, 20, 3_600])
    func `a Retry-After is never undercut and hardly overshot`(seconds: Int) {
        var random = SeededGenerator(seed: 6)
        for _ in 0..<200 {
            let decision = backoff.decide(
                attempt: 1,
                retryAfter: .seconds(seconds),
                at: now,
                using: &random
            )
            guard case .retry(let wait) = decision else {
                Issue.record("no retry")
                return
            }
            let most =
                Duration.seconds(seconds) + .milliseconds(max(500, min(1_000, seconds * 100)))
            #expect(wait >= .seconds(seconds) && wait <= most)
        }
    }

    @Test(
        arguments: [
            (5, nil, nil, .attemptsUsed(5)), (9, nil, nil, .attemptsUsed(9)),
            (1, .seconds(30), .seconds(20), .pastDeadline(by: .seconds(10))),
            (4, nil, .zero, .pastDeadline(by: .seconds(2))),
        ] as [(Int, Duration?, Duration?, Backoff.Reason)]
    )
    func `it gives up with its reason`(
        attempt: Int,
        retryAfter: Duration?,
        deadline: Duration?,
        reason: Backoff.Reason
    ) {
        var random = SeededGenerator(seed: 7)
        let decision = backoff.decide(
            attempt: attempt,
            retryAfter: retryAfter,
            deadline: deadline.map(Instant.after),
            at: now,
            using: &random
        )
        switch (decision, reason) {
        case (.giveUp(.pastDeadline(let excess)), .pastDeadline(let least)):
            #expect(excess >= least && excess <= least + .seconds(2))
        default: #expect(decision == .giveUp(reason))
        }
    }

    @Test func `no number makes it trap, and the most is kept`() {
        var random = SeededGenerator(seed: 8)
        let odd = Backoff(base: .seconds(-1), most: .seconds(-5), attempts: -2)
        #expect(odd.attempts == 1)
        for attempt in [Int.min, 0, 63, Int.max] {
            _ = odd.decide(
                attempt: attempt,
                retryAfter: .seconds(-9),
                deadline: now,
                at: now,
                using: &random
            )
            #expect(backoff.wait(attempt: attempt, fraction: 1) <= .seconds(60))
        }
    }
}
