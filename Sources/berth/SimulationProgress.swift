import BerthLoop
import BerthMemory
import BerthSimulation
import BerthTelemetry
import Glibc

/// Shows the progress of a simulation on one line of the terminal.
///
/// Shows nothing without a terminal.
@Loop final class SimulationProgress {
    private let isTerminal = Output.Place.standardError.isTerminal
    private var timer: Timer?

    nonisolated init() {}

    /// Replaces the line with `text`.
    func say(_ text: String) {
        if isTerminal { Output.status(text, on: .standardError) }
    }

    /// Clears the line.
    func clear() { say("") }

    /// Shows the progress every second, until ``stop()``.
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

    /// Ends the updates that ``start(_:_:_:in:)`` began, and releases the simulation.
    func stop() {
        timer?.cancel()
        timer = nil
    }

    /// The progress in one line of less than 100 columns.
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
