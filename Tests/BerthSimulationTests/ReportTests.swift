import BerthHTTP
import BerthText
import Testing

@testable import BerthSimulation

@Suite struct LatencySampleTests {
    @Test func `percentiles are nearest ranks`() {
        var sample = LatencySample()
        #expect(sample.percentiles == nil)
        sample.add(.milliseconds(7))
        #expect(sample.percentiles == Percentiles(p50: 7, p95: 7, p99: 7))
        sample = LatencySample()
        for number in (1...100).reversed() { sample.add(.milliseconds(number)) }
        #expect(sample.percentiles == Percentiles(p50: 50, p95: 95, p99: 99))
    }

    @Test func `what is beyond the bound is sampled evenly`() throws {
        var sample = LatencySample()
        let total = 4 * LatencySample.bound
        for number in 0..<total { sample.add(.milliseconds(number)) }
        let found = try #require(sample.percentiles)
        #expect(sample.count == total)
        #expect(abs(found.p50 - total / 2) < total / 50)
        #expect(abs(found.p95 - total * 95 / 100) < total / 50)
    }
}

@Suite struct SimulationReportTests {
    private static let plan = SimulationPlan(users: 2, seconds: 3, seed: 4)

    private static func figures(_ rss: Int) -> MemoryWatch.Figures {
        MemoryWatch.Figures(rss: rss, anonymous: rss / 2)
    }

    private static func memory(peak: Int = 40, highWater: Int? = nil) -> SimulationReport.Memory {
        SimulationReport.Memory(
            idle: figures(20),
            peak: figures(peak),
            highWater: highWater,
            after: figures(22),
            afterMs: 10_000,
            limit: 50
        )
    }

    private static func tally(_ verdicts: [(Persona.Interface, Verdict)]) -> SimulationTally {
        var tally = SimulationTally()
        for (interface, verdict) in verdicts {
            tally.ask(interface)
            let result = TurnResult(
                verdict: verdict,
                firstToken: .milliseconds(3),
                full: .milliseconds(9)
            )
            tally.end(result, interface)
        }
        return tally
    }

    @Test func `the JSON has every figure under its name`() throws {
        let tally = SimulationReportTests.tally([
            (.api, .answered), (.web, .refused(code: "429 queue_full")), (.web, .lost(.cut)),
        ])
        let report = SimulationReport(
            SimulationReportTests.plan,
            tally,
            cacheHits: 5,
            memory: SimulationReportTests.memory(highWater: 45)
        )
        let json = String(decoding: try JSON.encode(report), as: UTF8.self)
        #expect(
            json == """
                {"api":{"answered":1,"asked":1,"lost":0,"refused":0},"cache_hits":5,\
                "first_token_ms":{"p50":3,"p95":3,"p99":3},"full_ms":{"p50":9,"p95":9,"p99":9},\
                "lost_by":{"cut":1},"memory":{"after":{"anonymous":11,"rss":22},"after_ms":10000,\
                "high_water":45,"idle":{"anonymous":10,"rss":20},"limit":50,"limit_passed":false,\
                "peak":{"anonymous":20,"rss":40},"per_user":{"anonymous":5,"rss":10}},\
                "picture_ms":null,"pictures":{"answered":0,"asked":0,"lost":0,"refused":0},\
                "refused_by":{"429 queue_full":1},"seconds":3,"seed":4,\
                "turns":{"answered":1,"asked":3,"lost":1,"refused":1},"users":2,\
                "web":{"answered":0,"asked":2,"lost":1,"refused":1}}
                """
        )
        #expect(!report.isGood)
    }

    @Test(arguments: [
        (50, nil, Verdict.answered, true), (51, nil, .answered, false),
        (40, 51, .answered, false), (40, nil, .lost(.empty), false),
        (40, 50, .refused(code: "429"), true),
    ])
    func `it is good when nothing was lost and the limit was kept`(
        peak: Int,
        highWater: Int?,
        verdict: Verdict,
        isGood: Bool
    ) {
        let report = SimulationReport(
            SimulationReportTests.plan,
            SimulationReportTests.tally([(.api, verdict)]),
            cacheHits: 0,
            memory: SimulationReportTests.memory(peak: peak, highWater: highWater)
        )
        #expect(report.isGood == isGood)
    }

    @Test func `codes beyond a hundred count as other`() {
        let tally = SimulationReportTests.tally(
            (0..<150).map { (.api, .refused(code: "code \($0)")) }
        )
        #expect(tally.refusals.count == SimulationTally.mostCodes + 1)
        #expect(tally.refusals["other"] == 50)
    }
}
