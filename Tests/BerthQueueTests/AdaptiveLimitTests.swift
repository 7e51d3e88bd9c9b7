import BerthLoop
import BerthQueue
import Testing

@Suite struct AdaptiveLimitTests {
    /// What happens to a limit of 8, its window a second: g = good and fast, s = slow, i = good but
    /// alone, x = overrun, each 100 ms after the other and sent just before; X: sent at the start.
    @Test(arguments: [
        ("", 8), ("g", 8), ("x", 4), ("xx", 4), ("xxxxxxxxxxx", 2), ("xgggg", 5), ("xgggggg", 5),
        ("xggggggggg", 6), ("xssssssss", 4), ("xiiiiiiii", 4),
        ("xggggggggggX", 6), ("xggggggggggx", 3), ("gggggggggggg", 8),
    ])
    func `it moves as the table says`(events: String, limit: Int) {
        var adaptive = AdaptiveLimit(most: 8)
        adaptive.succeeded(latency: .milliseconds(100), running: 1)
        for (step, event) in events.enumerated() {
            let now = Instant.after(.milliseconds(100 * (step + 1)))
            let began = event == "X" ? Instant.after(.zero) : now
            switch event {
            case "g":
                adaptive.succeeded(latency: .milliseconds(110), running: adaptive.current)
            case "s":
                adaptive.succeeded(latency: .milliseconds(900), running: adaptive.current)
            case "i": adaptive.succeeded(latency: .milliseconds(100), running: 1)
            default: adaptive.overrun(began: began, at: now)
            }
        }
        #expect(adaptive.current == limit)
    }

    @Test(
        arguments: [(0, nil, 1), (-3, nil, 1), (8, 3, 3), (8, 99, 8), (4, 0, 1)]
            as [(Int, Int?, Int)]
    )
    func `it begins between 1 and the most`(most: Int, start: Int?, limit: Int) {
        #expect(AdaptiveLimit(most: most, start: start).current == limit)
    }

    /// A provider that holds 6 calls at once and refuses what is more, for 4,000 calls.
    @Test(arguments: [1, 2, 3, 4, 5] as [UInt64])
    func `it settles near what the provider really holds`(seed: UInt64) {
        var (adaptive, random) = (AdaptiveLimit(most: 32), SeededGenerator(seed: seed))
        var (now, refused, sum, rounds) = (Duration.zero, 0, 0, 0)
        while rounds < 800 {
            let (began, sent) = (Instant.after(now), adaptive.current)
            now += .milliseconds(250 + Int64(random.next() % 100))
            for number in 0..<sent {
                if number < 6 {
                    let latency = Duration.milliseconds(200 + Int64(random.next() % 100))
                    adaptive.succeeded(latency: latency, running: sent)
                } else {
                    refused += 1
                    adaptive.overrun(began: began, at: .after(now))
                }
            }
            rounds += 1
            sum += min(sent, 6)
        }
        let used = Double(sum) / Double(6 * rounds)
        #expect(used > 0.7, "used \(used)")
        #expect(Double(refused) / Double(sum) < 0.1, "refused \(refused) of \(sum)")
    }
}
