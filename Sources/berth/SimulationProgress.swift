import BerthLoop
import BerthMemory
import BerthSimulation
import BerthTelemetry
import Glibc

/// What a simulation is at, on one line of the terminal that the next overwrites; without a terminal
/// nothing.
@Loop final class SimulationProgress {
    private let isTerminal = isatty(STDERR_FILENO) != 0
    private var timer: Timer?

    nonisolated init() {}

    /// Shows `text` in the place of what was shown.
    func say(_ text: String) {
        if isTerminal { Output.note("\r\u{1B}[K\(text)") }
    }

    /// Takes the line away.
    func clear() { say("") }

    /// Shows each second how far it is, until ``stop()``.
    func start(
        _ plan: SimulationPlan,
        _ simulation: Simulation,
        _ memory: MemoryWatch,
        in surroundings: Surroundings
    ) {
        let begun = surroundings.clock.now
        func tick() {
            say(
                SimulationProgress.words(
                    second: Int((surroundings.clock.now - begun).seconds),
                    of: plan.seconds,
                    simulation.tally,
                    peak: memory.peak?.rss
                )
            )
            timer = surroundings.clock.schedule(after: .seconds(1)) { tick() }
        }
        tick()
    }

    /// Ends what ``start(_:_:_:in:)`` began, and lets go of what it showed.
    func stop() {
        timer?.cancel()
        timer = nil
    }

    /// One line of less than 100 columns.
    static nonisolated func words(
        second: Int,
        of seconds: Int,
        _ tally: SimulationTally,
        peak: Int?
    ) -> String {
        let turns = tally.turns
        let peak = peak.map { ", peak \(ByteCount($0))" } ?? ""
        let time = second < seconds ? "\(second) of \(seconds) s" : "last answers"
        return "\(time): \(turns.asked) asked, \(turns.answered) answered, "
            + "\(turns.refused) refused, \(turns.lost) lost, \(tally.underWay) under way\(peak)"
    }
}

/// A simulation's report for people.
enum SimulationText {
    static func report(_ report: SimulationReport) -> String {
        let plan = report.plan
        return "\(plan.users) users for \(plan.seconds) s, seed \(plan.seed)\n\n"
            + turns(report.tally) + "\n" + latencies(report.tally) + "\n"
            + memory(report.memory, users: plan.users) + "\n"
            + "Cache hits: \(report.cacheHits)\n"
            + list("Refused", report.tally.refusals)
            + list("Lost", report.tally.losses) { $0.rawValue }
            + limit(report.memory)
    }

    private static func turns(_ tally: SimulationTally) -> String {
        func row(_ name: String, _ turns: SimulationTally.TurnCounts) -> [String] {
            [
                name, "\(turns.asked)", "\(turns.answered)", "\(turns.refused)", "\(turns.lost)",
            ]
        }
        let interfaces = Persona.Interface.allCases.map {
            row($0.rawValue, tally.byInterface[$0] ?? SimulationTally.TurnCounts())
        }
        return Output.lines(
            ["turns", "asked", "answered", "refused", "lost"],
            interfaces + [row("all", tally.turns)]
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
            ]
        )
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

    private static func limit(_ memory: SimulationReport.Memory) -> String {
        let high = memory.highWater.map { ", the kernel's own peak is \(size($0))" } ?? ""
        return "memory.limit \(size(memory.limit)) was \(memory.passedLimit ? "PASSED" : "kept")"
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
