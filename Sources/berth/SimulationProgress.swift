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
    ///
    /// `look` returns the simulated time, the counts, and the service's peak memory if it is known.
    func start(
        _ plan: SimulationPlan,
        in surroundings: Surroundings,
        _ look: @escaping @Loop () -> (Duration, SimulationTally, peak: Int?)
    ) {
        let (time, tally, peak) = look()
        say(
            SimulationProgress.words(
                second: Int(time.seconds),
                of: plan.seconds,
                tally,
                peak: peak
            )
        )
        timer = surroundings.clock.schedule(after: .seconds(1)) { [weak self] in
            self?.start(plan, in: surroundings, look)
        }
    }

    /// Ends the updates that ``start(_:in:_:)`` began, and releases the simulation.
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
