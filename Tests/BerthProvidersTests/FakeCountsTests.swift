import BerthHTTP
import BerthLoop
import BerthProviders
import BerthTestKit
import Testing

@testable import BerthSimulation

/// The counters of the fake providers.
@Suite(.loop, .timeLimit(.minutes(20))) struct FakeCountsTests {
    private let clock = ManualClock()

    @Loop private func refuse(_ counts: FakeCounts, _ retryAfter: String) async {
        _ = await counts.count {
            HTTPResponse(status: 429, headers: ["retry-after": retryAfter])
        }
    }

    @Loop @Test func `questions are told apart, to a bound`() async {
        let counts = FakeCounts(in: .quiet(clock))
        for number in 1...FakeCounts.mostQuestions { counts.ask("question \(number)") }
        for text in ["question 7", "one too many", "another"] { counts.ask(text) }
        let told = counts.snapshot
        #expect(told.questions.count == FakeCounts.mostQuestions)
        #expect(told.questions["question 7"] == 2)
        #expect(told.others == 2)
    }

    @Loop @Test func `a long question is told by its beginning`() {
        let counts = FakeCounts(in: .quiet(clock))
        counts.ask(String(repeating: "a", count: 100_000))
        let longest = counts.snapshot.questions.keys.map(\.count).max()
        #expect(longest == FakeCounts.questionLength)
    }

    @Loop @Test func `the most at once are told`() async {
        let counts = FakeCounts(in: .quiet(clock))
        for _ in 1...3 {
            _ = await counts.count { await counts.count { HTTPResponse() } }
        }
        let (told, received) = (counts.snapshot, counts.received)
        let (answered, running) = (counts.answered, counts.running)
        #expect(told.largestConcurrency == 2)
        #expect((received, answered, running) == (6, 6, 0))
    }

    @Loop @Test func `a request within the time of a Retry-After is told`() async {
        let counts = FakeCounts(in: .quiet(clock))
        await refuse(counts, "2")
        clock.advance(by: .milliseconds(1999))
        await refuse(counts, "1.5")
        clock.advance(by: .milliseconds(1500))
        _ = await counts.count { HTTPResponse() }
        let told = counts.snapshot
        #expect((told.refused, told.early, told.earlyMs) == (2, 1, [1999]))
    }

    @Loop @Test func `a shorter Retry-After does not shorten a longer one`() async {
        let counts = FakeCounts(in: .quiet(clock))
        await refuse(counts, "5")
        await refuse(counts, "1")
        clock.advance(by: .seconds(4))
        await refuse(counts, "0")
        let early = counts.snapshot.earlyMs
        #expect(early == [0, 4000])
    }

    @Loop
    @Test(arguments: [
        ("plain", 1), ("cut-event", 1), ("no-done", 1), ("500", 0), ("429", 0), ("bad-json", 0),
    ])
    func `an answer that begins is sold, also if it ends early`(model: String, sold: Int)
        async throws
    {
        let asker = Asker()
        try await withFake(clock: clock) { url, fake in
            let provider = try asker.provider(url)
            _ = await asker.stream(provider, try asker.call(model))
            let found = fake.counts.sold["hi there"] ?? 0
            #expect(found == sold)
        }
    }

    @Loop @Test func `the account that refuses at first answers five seconds later`() async throws {
        let (asker, clock) = (Asker(), clock)
        try await withFake(clock: clock) { url, fake in
            let provider = try asker.provider(url)
            for seconds in [0, 4] {
                clock.advance(by: .seconds(seconds))
                let told = await asker.stream(provider, try asker.call("429-5s"))
                let error = ProviderError.rateLimited(
                    provider: "fake",
                    retryAfter: .seconds(2),
                    reason: "Too many requests"
                )
                #expect(told.error == error)
            }
            clock.advance(by: .seconds(1))
            let (told, plain) = (
                await asker.stream(provider, try asker.call("429-5s")),
                await asker.stream(provider, try asker.call())
            )
            let counts = fake.counts.snapshot
            #expect(told == plain && told.error == nil)
            #expect((counts.refused, counts.early) == (2, 2))
            #expect(counts.questions == ["hi there": 4])
        }
    }
}
