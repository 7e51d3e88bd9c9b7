import BerthConfig
import BerthMemory
import BerthSimulation
import Testing

@testable import berth

@Suite struct SimulateArgumentsTests {
    private static func parse(_ words: [String]) throws(UsageError) -> Invocation {
        try Arguments.parse(words, environment: { _ in nil })
    }

    static let good: [Line<Invocation>] = [
        Line("simulate", Invocation(command: .simulate(SimulateChoices()))),
        Line(
            "simulate --users 1000 --seconds 86400 --seed 0 --json",
            Invocation(
                json: true,
                command: .simulate(SimulateChoices(users: 1000, seconds: 86_400, seed: 0))
            )
        ),
        Line(
            "simulate --users 5 --telegram 50",
            Invocation(command: .simulate(SimulateChoices(users: 5, telegram: 50)))
        ),
        Line(
            "simulate --virtual --faults 20",
            Invocation(
                command: .simulate(SimulateChoices(seconds: 86_400, isVirtual: true, faults: 20))
            )
        ),
        Line(
            "simulate --users 1 --limit 48MiB --cache 0",
            Invocation(
                command: .simulate(
                    SimulateChoices(users: 1, limit: .mebibytes(48), cache: .zero)
                )
            )
        ),
        Line(
            "simulate --url http://127.0.0.1:9 --config f",
            Invocation(
                config: "f",
                command: .simulate(SimulateChoices(url: WebURL("http://127.0.0.1:9")))
            )
        ),
        Line("help simulate", Invocation(command: .help(["simulate"]))),
    ]

    @Test(arguments: good)
    func `a right line is understood`(_ line: Line<Invocation>) throws {
        #expect(try SimulateArgumentsTests.parse(line.words) == line.expected)
    }

    static let wrong: [Line<String>] = [
        Line("simulate --users 0", "--users: '0' is not a whole number from 1 to 1000"),
        Line("simulate --users 1001", "--users: '1001' is not a whole number from 1 to 1000"),
        Line("simulate --seconds 0", "--seconds: '0' is not a whole number from 1 to 86400"),
        Line("simulate --seconds 1d", "--seconds: '1d' is not a whole number from 1 to 86400"),
        Line("simulate --seed=-1", "--seed: '-1' is not a whole number from 0 to 1000000000"),
        Line(
            "simulate --limit 1MiB",
            "--limit: '1MiB' is not a size from 16MiB to 1TiB, such as 64KiB, 16MiB or 1GiB"
        ),
        Line(
            "simulate --url x",
            "--url: 'x' is not an absolute http:// or https:// URL without user, query or "
                + "fragment, such as https://api.example.org/v1"
        ),
        Line(
            "simulate --url http://h --cache 0",
            "--cache is for a service that simulate starts: leave out --url"
        ),
        Line("simulate --faults 20", "--faults needs --virtual"),
        Line("simulate --telegram 1001", "--telegram: '1001' is not a whole number from 0 to 1000"),
        Line(
            "simulate --url http://h --telegram 2",
            "--telegram is for a service that simulate starts: leave out --url"
        ),
        Line(
            "simulate --virtual --limit 48MiB",
            "--limit is not for a service in virtual time"
        ),
        Line(
            "simulate --config f",
            "--config needs --url, which names the running service"
        ),
        Line(
            "simulate 50",
            "'simulate' does not take '50': berth simulate [--users N] [--seconds S] [--seed K] "
                + "[--pictures PERCENT] [--telegram N] [--limit SIZE] [--cache SIZE] "
                + "[--url URL] [--virtual] [--faults PERCENT] [--json]"
        ),
    ]

    @Test(arguments: wrong)
    func `a wrong line says what is allowed`(_ line: Line<String>) {
        let error = #expect(throws: UsageError.self) {
            try SimulateArgumentsTests.parse(line.words)
        }
        #expect(error?.text == line.expected)
    }
}

@Suite struct SimulationTextTests {
    private static func end(_ verdict: Verdict) -> TurnResult {
        TurnResult(
            verdict: verdict,
            firstToken: .milliseconds(305),
            full: .milliseconds(2410)
        )
    }

    @Test func `the report is a table for people`() {
        var tally = SimulationTally()
        for interface in [Persona.Interface.api, .web] {
            tally.ask(interface)
            tally.end(SimulationTextTests.end(.answered), interface)
        }
        tally.ask(.web)
        tally.end(SimulationTextTests.end(.lost(.cut)), .web)
        tally.ask(.api)
        tally.end(SimulationTextTests.end(.refused(code: "429 queue_full")), .api)
        let memory = SimulationReport.Memory(
            idle: MemoryWatch.Figures(rss: 20 << 20, anonymous: 5 << 20),
            peak: MemoryWatch.Figures(rss: 30 << 20, anonymous: 14 << 20),
            highWater: 31 << 20,
            after: MemoryWatch.Figures(rss: 21 << 20, anonymous: 6 << 20),
            afterMs: 10_000,
            limit: 30 << 20
        )
        let report = SimulationReport(
            SimulationPlan(users: 2, seconds: 9, seed: 4),
            tally,
            cacheHits: 7,
            memory: memory
        )
        #expect(
            SimulationText.report(report) == """
                2 users for 9 s, seed 4

                turns  asked  answered  refused  lost
                api        2         1        1     0
                web        2         1        0     1
                all        4         2        1     1

                milliseconds  p50   p95   p99
                first token    305   305   305
                full answer   2410  2410  2410

                memory      RSS     anonymous
                idle        20 MiB  5 MiB
                peak        30 MiB  14 MiB
                per user    5 MiB   4.5 MiB
                after 10 s  21 MiB  6 MiB

                Cache hits: 7
                Refused: 429 queue_full 1
                Lost: cut 1
                memory.limit 30 MiB was EXCEEDED, the kernel's own peak is 31 MiB

                """
        )
    }

    @Test func `users of Telegram have a row and the figures of their calls`() {
        var tally = SimulationTally()
        for wait in [40, 900] {
            tally.ask(.telegram)
            var end = SimulationTextTests.end(.answered)
            (end.sinceLastToken, end.isInOrder) = (.milliseconds(wait), wait == 40)
            tally.end(end, .telegram)
        }
        let report = SimulationReport(
            SimulationPlan(users: 1, seconds: 9, seed: 4, telegram: 3),
            tally,
            cacheHits: 0,
            telegram: SimulationReport.Calls(count: 12, floods: 1, early: 0)
        )
        let text = SimulationText.report(report)
        #expect(text.hasPrefix("1 users and 3 of Telegram for 9 s, seed 4\n"))
        #expect(
            text.contains(
                """
                messages  answered  in order  lost  doubled  calls  floods  early calls
                telegram         2         1     0        0     12       1            0
                From the last token to the complete message: median 40 ms, worst 900 ms

                """
            )
        )
        #expect(text.contains("telegram      2         2        0     0\n") && !report.isGood)
    }

    @Test func `a report in virtual time has its digest instead of memory`() {
        var tally = SimulationTally()
        tally.ask(.api)
        tally.end(SimulationTextTests.end(.answered), .api)
        let report = SimulationReport(
            SimulationPlan(users: 1, seconds: 9, seed: 4),
            tally,
            cacheHits: 0,
            virtual: SimulationReport.Virtual(
                boughtTwice: 1,
                micros: 1_234_567,
                events: 42,
                digest: "abcd"
            )
        )
        let text = SimulationText.report(report)
        let end = """
            Cache hits: 0
            Bought twice: 1
            Dollars: 1.234567
            Events: 42, digest abcd

            """
        #expect(text.hasSuffix(end) && !text.contains("memory") && !report.isGood)
    }

    @Test(arguments: [(3, "3 of 20 s"), (20, "last answers")])
    func `the progress is one line`(second: Int, time: String) {
        var tally = SimulationTally()
        tally.ask(.api)
        let words = SimulationProgress.words(second: second, of: 20, tally, peak: 29 << 20)
        let rest = "1 asked, 0 answered, 0 refused, 0 lost, 1 under way, peak 29 MiB"
        #expect(words == "\(time): \(rest)")
    }
}
