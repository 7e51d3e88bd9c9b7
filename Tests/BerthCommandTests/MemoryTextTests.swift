import BerthAdmin
import BerthHTTP
import BerthMemory
import BerthText
import Testing

@testable import berth

/// The arguments and the text output of `berth memory`.
@Suite struct MemoryTextTests {
    private func report(_ more: String = "", leaks: String = "") throws -> MemoryReport {
        let json = #"""
            {"rss":20480000,"anonymous":4096,"limit":134217728,"lines":[
            {"account":"reply buffer","tenant":"anna","bytes":1000},
            {"account":"request body","tenant":"anna","bytes":9000},
            {"account":"cache","bytes":700},{"account":"connections","bytes":0},
            {"account":"libraries","bytes":20400000},{"account":"leased, not in use yet","bytes":-5000}],
            "unexplained":74300,"base":1,"leased":10700,"free":-2048,"reserve":524288,"share":65536,
            "waiting":3,"drift":{"up":1024,"down":2048,"measurements":9},
            "tenants":[{"tenant":"anna","held":10000,"peak":5000000,"quota":9,"borrowed":0,
            "refused":2,"waits":1,"work":0,"files":2,"disk":2048,"leaks":[\#(leaks)]},
            {"tenant":"idle","held":0,"peak":0,"quota":9,"borrowed":0,"refused":0,"waits":0,"work":0,
            "files":0,"disk":0,"leaks":[]}],
            "shared":[{"account":"cache","held":700,"peak":2048,"quota":9,"refused":4}],
            "kernel":{\#(more)},"pressure":{"percent":81.3,"rungs":[]},"absent":["PSI: off"]}
            """#
        return try JSON.decode(MemoryReport.self, from: Array(json.utf8))
    }

    @Test func `the table adds up as it is printed`() throws {
        let text = MemoryText.report(try report())
        #expect(
            text == """
                Berth uses 19.5 MiB of 128 MiB. 3 requests wait for memory.

                account                    KiB   peak  share  borrowed  refused  waited
                anna                        10  4,883     64         0        2       1
                cache                        0      2                         4
                libraries               19,922
                leased, not in use yet      -5
                unexplained                 73
                resident (RSS)          20,000

                  limit   128 MiB, 81.3 % taken; -2 KiB free to lease, 512 KiB held back
                  ledger  10.4 KiB leased beside 1 B; share 64 KiB a tenant; 3 waiting
                  drift   1 KiB up, 2 KiB down in 9 measurements
                  files   anna 2 files, 2 KiB
                  rung    none in force
                  absent  PSI: off

                """
        )
        let sizes = text.split(separator: "\n").prefix { !$0.hasPrefix("resident") }.dropFirst(2)
            .compactMap { line in
                line.dropFirst(22).split(separator: " ").first
                    .flatMap { Int($0.replacing(",", with: "")) }
            }
        #expect(sizes.reduce(0, +) == 20_000)
    }

    @Test func `a limit below what is held says so`() throws {
        #expect(
            MemoryText.limit(try report()) == "The limit is 128 MiB until the next start; that is "
                + "2 KiB less than is held. Nothing new is leased until that much is given back or "
                + "the limit is raised.\n"
        )
    }

    @Test func `the kernel's figures, the rung and leaks are lines of their own`() throws {
        let kernel = #"""
            "threads":3,"swapped":4096,"cgroup":{"version":"v2","current":1048576,"high":2097152,
            "reached":1,"killed":0},"stall":{"scope":"cgroup","some":0.5,"full":0}
            """#
        let text = MemoryText.report(
            try report(kernel, leaks: #"{"purpose":"reply buffer","bytes":8192}"#)
        )
        #expect(
            text.contains("  cgroup   v2, 1 MiB now, high 2 MiB, max none, at max once, killed")
        )
        #expect(
            text.contains("  PSI      cgroup: work waited for memory 0.5 % of ten seconds")
        )
        #expect(text.contains("  threads  3; 4 KiB in swap\n"))
        let leak = "held while no work is under way: reply buffer of anna, 8 KiB\n"
        #expect(text.hasSuffix(leak))
    }

    @Test(arguments: [
        (0, "0"), (999, "999"), (1000, "1,000"), (-1234, "-1,234"), (1_234_567, "1,234,567"),
    ])
    func `digits are in groups of three`(number: Int, text: String) {
        #expect(MemoryText.grouped(number) == text)
    }

    @Test func `a forecast says where each number comes from`() throws {
        let json = #"""
            {"users":2,"peak":{"bytes":1048576,"assumption":"as measured"},"holds":false,
            "disk":{"assumption":"not enough measured yet"},"waits":[
            {"provider":"a","seconds":1.5,"served":true,"assumption":"so"},
            {"provider":"b","served":false,"assumption":"so"}]}
            """#
        let forecast = try JSON.decode(CapacityForecast.self, from: Array(json.utf8))
        #expect(
            MemoryText.forecast(forecast) == """
                For 2 users:

                  peak memory  1 MiB: as measured
                  disk a day   not enough measured yet
                  wait for a   1.5 s: so
                  wait for b   never served: so

                The limit does not hold: raise memory.limit.

                """
        )
    }

    @Test func `one tenant's memory is by purpose`() throws {
        let json = #"""
            {"account":{"tenant":"anna","held":10240,"peak":20480,"quota":1048576,"borrowed":0,
            "refused":1,"waits":0,"work":2,"files":2,"disk":2048,"leaks":[]},"share":4096,"free":1,
            "lines":[{"account":"reply buffer","tenant":"anna","bytes":10240}],"p95":30720}
            """#
        let report = try JSON.decode(TenantMemoryReport.self, from: Array(json.utf8))
        #expect(
            MemoryText.tenant(report) == """
                purpose       KiB
                reply buffer   10

                anna holds 10 KiB of 1 MiB; peak 20 KiB, share 4 KiB, borrowed 0 B
                On disk: 2 files, 2 KiB
                Under way: 2; refused once, waited 0 times
                While at work, held at most: 30 KiB in 95 % of all seconds

                """
        )
    }

    // MARK: Arguments

    private func parse(_ words: String...) throws -> MemoryChoices? {
        let command = try Arguments.parse(["memory"] + words) { _ in nil }.command
        return if case .memory(let choices) = command { choices } else { nil }
    }

    @Test func `one thing is asked for`() throws {
        #expect(try parse() == MemoryChoices())
        #expect(
            try parse("--watch", "--tenant", "anna") == .init(action: .tenant("anna"), watch: true)
        )
        #expect(try parse("--what-if", "50") == .init(action: .forecast(50)))
        #expect(try parse("--limit", "40MiB") == .init(action: .limit(.mebibytes(40))))
    }

    @Test(arguments: [
        ["--what-if", "0"], ["--what-if", "many"], ["--limit", "much"], ["--limit", "-1"],
        ["--tenant", "a", "--limit", "1GiB"], ["--watch", "--limit", "1GiB"], ["anna"],
    ])
    func `anything else is wrong usage`(words: [String]) {
        #expect(throws: UsageError.self) {
            try Arguments.parse(["memory"] + words) { _ in nil }
        }
    }
}
