import BerthConfig
import BerthLoop
import BerthMemory
import BerthSimulation
import Glibc

/// Prints a simulation's report as text.
enum SimulationText {
    static func report(_ report: SimulationReport) -> String {
        let plan = report.plan
        let others = plan.telegram > 0 ? " and \(plan.telegram) of Telegram" : ""
        return "\(plan.users) users\(others) for \(plan.seconds) s, seed \(plan.seed)\n\n"
            + turns(report.tally) + "\n" + latencies(report.tally) + "\n"
            + (report.telegram.map { telegram($0, report.tally) + "\n" } ?? "")
            + (report.memory.map { memory($0, users: plan.everybody) + "\n" } ?? "")
            + "Cache hits: \(report.cacheHits)\n"
            + list("Refused", report.tally.refusals)
            + list("Lost", report.tally.losses) { $0.rawValue }
            + (report.memory.map(limit) ?? "") + (report.virtual.map(outcome) ?? "")
    }

    private static func turns(_ tally: SimulationTally) -> String {
        func row(_ name: String, _ turns: SimulationTally.TurnCounts) -> [String] {
            [
                name, "\(turns.asked)", "\(turns.answered)", "\(turns.refused)", "\(turns.lost)",
            ]
        }
        let counts = tally.byInterface
        let interfaces = Persona.Interface.allCases
            .filter { $0 != .telegram || counts[$0] != nil }
            .map { row($0.rawValue, counts[$0] ?? SimulationTally.TurnCounts()) }
        return Output.lines(
            ["turns", "asked", "answered", "refused", "lost"],
            interfaces
                + (tally.pictures.asked > 0 ? [row("pictures", tally.pictures)] : [])
                + [row("all", tally.turns)]
        )
    }

    private static func latencies(_ tally: SimulationTally) -> String {
        func row(_ name: String, _ found: Percentiles?) -> [String] {
            [name]
                + [found?.p50, found?.p95, found?.p99].map { value in
                    value.map { "\($0)" } ?? "-"
                }
        }
        return Output.lines(
            ["milliseconds", "p50", "p95", "p99"],
            [
                row("first token", tally.firstToken.percentiles),
                row("full answer", tally.full.percentiles),
            ] + (tally.pictures.asked > 0 ? [row("picture", tally.pictureTime.percentiles)] : [])
        )
    }

    /// A request to the other interfaces has one answer of its own, so that only Telegram's answers
    /// can be doubled or out of order.
    private static func telegram(
        _ calls: SimulationReport.Calls,
        _ tally: SimulationTally
    ) -> String {
        let turns = tally.byInterface[.telegram] ?? SimulationTally.TurnCounts()
        let times = tally.final.percentiles
        let figures = [turns.answered, tally.inOrder, turns.lost, tally.doubled, calls.count]
        let median = times.map { "\($0.p50)" } ?? "-"
        let worst = times.map { _ in "\(tally.worstFinal.milliseconds())" } ?? "-"
        return Output.lines(
            [
                "messages", "answered", "in order", "lost", "doubled", "calls", "floods",
                "early calls",
            ],
            [["telegram"] + (figures + [calls.floods, calls.early]).map { "\($0)" }]
        )
            + "From the last token to the complete message: median \(median) ms, worst \(worst) ms\n"
            + list("Faulty calls", Dictionary(calls.faults.map { ($0, 1) }, uniquingKeysWith: +))
    }

    private static func memory(_ memory: SimulationReport.Memory, users: Int) -> String {
        func row(_ name: String, _ figures: MemoryWatch.Figures) -> [String] {
            [name, size(figures.rss), size(figures.anonymous)]
        }
        return Output.lines(
            ["memory", "RSS", "anonymous"],
            [
                row("idle", memory.idle), row("peak", memory.peak),
                row("per user", memory.perUser(users)),
                row("after \((memory.afterMs + 500) / 1000) s", memory.after),
            ]
        )
    }

    private static func outcome(_ virtual: SimulationReport.Virtual) -> String {
        "Bought twice: \(virtual.boughtTwice)\nDollars: \(Money(micros: virtual.micros))\n"
            + "Events: \(virtual.events), digest \(virtual.digest)\n"
    }

    private static func limit(_ memory: SimulationReport.Memory) -> String {
        let high = memory.highWater.map { ", the kernel's own peak is \(size($0))" } ?? ""
        return "memory.limit \(size(memory.limit)) was \(memory.passedLimit ? "EXCEEDED" : "kept")"
            + "\(high)\n"
    }

    private static func list<Name>(
        _ title: String,
        _ counts: [Name: Int],
        _ text: (Name) -> String = { "\($0)" }
    ) -> String {
        guard !counts.isEmpty else { return "" }
        let items = counts.map { "\(text($0.key)) \($0.value)" }.sorted()
        return "\(title): \(items.joined(separator: ", "))\n"
    }

    private static func size(_ bytes: Int) -> String { "\(ByteCount(bytes))" }
}
