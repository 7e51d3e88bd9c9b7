package import BerthLoop

/// What every part of a service shares with its process: time, randomness, log and metrics.
///
/// They travel together as one value. A part that is given its surroundings reaches for no global
/// clock, random source or log, so that a test or the simulation can run it in a world of its own.
package struct Surroundings: Sendable {
    /// The only source of time.
    package var clock: any Clock
    /// The only source of randomness.
    package var entropy: Entropy
    /// The process's log.
    package var log: Log
    /// The process's metrics.
    package var metrics: Metrics

    /// Makes surroundings; without arguments they are the machine's own.
    package init(
        clock: any Clock = SystemClock(),
        entropy: Entropy = Entropy(),
        log: Log = Log(),
        metrics: Metrics = Metrics()
    ) {
        self.clock = clock
        self.entropy = entropy
        self.log = log
        self.metrics = metrics
    }
}
