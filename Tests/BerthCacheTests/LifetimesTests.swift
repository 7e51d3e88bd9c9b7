import BerthCache
import BerthLoop
import Testing

/// The lifetimes of values.
@Suite struct LifetimesTests {
    private static let hour = Lifetimes(base: .seconds(3_600))

    @Test(
        arguments: [
            (0, 0, 0, 3_600), (1, 0, 0, 3_600), (2, 0, 0, 7_200), (8, 0, 0, 28_800),
            (1_000_000, 0, 0, 86_400), (.infinity, 0, 0, 86_400), (.nan, 0, 0, 3_600),
            (1, 1, 0, 1_800), (4, 2, 0, 3_600), (1, 60, 0, 180), (1, -5, 0, 3_600),
            (1, 0, 0.5, 3_240), (1, 0, 1, 2_880), (1, 60, 0.99, 180), (1, 0, 7, 2_880),
        ] as [(Double, Int, Double, Int)]
    )
    func `longer for what is asked again, shorter for what changes, within bounds`(
        asked: Double,
        changes: Int,
        random: Double,
        seconds: Int
    ) {
        let lifetime = Self.hour.lifetime(asked: asked, changes: changes, random: random)
        #expect(abs(lifetime.seconds - Double(seconds)) < 0.01)
    }

    @Test func `chance spreads the ends over a fifth`() {
        var random = SplitMix(state: 1)
        let all = (0..<1_000).map { _ in
            Self.hour.lifetime(asked: 1, random: Double.random(in: 0..<1, using: &random)).seconds
        }
        #expect(all.allSatisfy { (2_880...3_600).contains($0) })
        #expect((all.max() ?? 0) - (all.min() ?? 0) > 600)
    }
}

/// The bounded set of the names with the most requests.
@Suite struct HotSetTests {
    private let start = Timestamp(milliseconds: 1_760_000_000_000)

    @Test func `a count halves with every half-life`() {
        var hot = HotSet(most: 10, halfLife: .seconds(100))
        for _ in 0..<8 { hot.touch(key(1), at: start) }
        #expect(hot.weight(of: key(1), at: start) == 8)
        #expect(hot.weight(of: key(1), at: start + .seconds(100)) == 4)
        #expect(hot.weight(of: key(1), at: start + .seconds(300)) == 1)
        #expect(hot.weight(of: key(1), at: start + .seconds(100_000)) == 0)
        #expect(hot.weight(of: key(1), at: start + .seconds(-50)) == 8)
        #expect(hot.touch(key(1), at: start + .seconds(300)) == 2)
        #expect(hot.weight(of: key(2), at: start) == 0)
    }

    @Test func `of many names the most wanted stay`() {
        var hot = HotSet(most: 50)
        for round in 0..<20 {
            for number in 0..<10 { hot.touch(key(number), at: start + .seconds(Int64(round))) }
            for number in 0..<200 {
                hot.touch(key(1_000 + round * 200 + number), at: start + .seconds(Int64(round)))
            }
        }
        let hottest = hot.hottest(10, at: start + .seconds(20))
        #expect(hot.count <= 100)
        #expect(Set(hottest) == Set((0..<10).map { key($0) }))
    }

    @Test func `it survives a restart, and damage is noticed`() throws {
        var hot = HotSet(most: 5)
        for number in 0..<8 {
            for _ in 0...number { hot.touch(key(number, .translation), at: start) }
        }
        let saved = hot.serialized(at: start)
        let back = try #require(HotSet(serialized: saved, most: 5))
        #expect(back.hottest(9, at: start) == hot.hottest(5, at: start))
        #expect(back.weight(of: key(7, .translation), at: start) == 8)
        #expect(HotSet(serialized: HotSet().serialized(at: start))?.count == 0)
        for index in saved.indices {
            var damaged = saved
            damaged[index] ^= 4
            #expect(HotSet(serialized: damaged) == nil, "byte \(index)")
            #expect(HotSet(serialized: Array(saved[..<index])) == nil)
        }
    }
}
