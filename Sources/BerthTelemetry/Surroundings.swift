package import BerthLoop

/// Everything that a part of a service shares with its process: time, randomness, log, metrics.
///
/// They travel together as one value. A part that is given its surroundings reaches for no global
/// clock, random source or log, so a test or the simulation can run it in a world of its own.
package struct Surroundings: Sendable {
    /// The only source of time.
    package let clock: any Clock
    /// The only source of randomness.
    package let entropy: Entropy
    /// The process's log, stamped by ``clock``.
    package let log: Log
    /// The process's metrics.
    package let metrics: Metrics

    /// Makes surroundings.
    ///
    /// Without arguments they are the machine's own.
    package init(
        clock: any Clock = SystemClock(),
        entropy: Entropy = Entropy(),
        log: Log = Log(),
        metrics: Metrics = Metrics()
    ) {
        self.clock = clock
        self.entropy = entropy
        self.log = log.stamped(by: clock)
        self.metrics = metrics
    }
}
