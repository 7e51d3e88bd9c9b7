import BerthLoop
import BerthQueue
import Testing

@Suite struct AdaptiveLimitTests {
    /// Sequences of events and the limit they lead to.
    ///
    /// The limit starts at 8 and its window is 1 s. Events are 100 ms apart: g is a fast success, s
    /// a slow one, i a success that ran alone, x an overload. The call of an X began at the start,
    /// every other call just before its event.
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

    /// A provider whose capacity changes about every 25 s, and that refuses calls beyond it.
    @Test(arguments: [1, 2, 3, 4, 5] as [UInt64])
    func `it follows what the provider really holds`(seed: UInt64) {
        var (adaptive, random) = (AdaptiveLimit(most: 32), SeededGenerator(seed: seed))
        var (elapsed, room, refused, answered, possible) = (Duration.zero, 6, 0, 0, 0)
        for round in 0..<2_000 {
            if round % 80 == 0 { room = 2 + Int(random.next() % 14) }
            let (began, sent) = (Instant.after(elapsed), adaptive.current)
            elapsed += .milliseconds(250 + Int64(random.next() % 100))
            for number in 0..<sent {
                guard number < room else {
                    adaptive.overrun(began: began, at: .after(elapsed))
                    continue
                }
                let latency = Duration.milliseconds(200 + Int64(random.next() % 150))
                adaptive.succeeded(latency: latency, running: sent)
            }
            refused += max(0, sent - room)
            answered += min(sent, room)
            possible += room
        }
        let (used, lost) = (Double(answered) / Double(possible), Double(refused) / Double(answered))
        #expect(used > 0.7, "used \(used)")
        #expect(lost < 0.1, "refused \(lost)")
    }
}
