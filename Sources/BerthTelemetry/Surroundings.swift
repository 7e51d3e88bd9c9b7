package import BerthLoop

/// The surroundings that every part of a service shares: time, randomness, log and metrics.
///
/// They travel together as one value. A part with surroundings uses no global clock, random source
/// or log, so a test or the simulation can give it others.
package struct Surroundings: Sendable {
    /// The only source of time.
    package var clock: any Clock
    /// The only source of randomness.
    package var entropy: Entropy
    /// The process's log.
    package var log: Log
    /// The process's metrics.
    package var metrics: Metrics

    /// Makes surroundings.
    ///
    /// The defaults are the machine's own.
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
