package import BerthLoop

/// The surroundings that every part of a service shares: time, randomness, log and metrics.
///
/// They travel together as one value. A part with surroundings uses no global clock, random source
/// or log, so a test or the simulation can give it others.
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
    /// The defaults are the machine's own.
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

    /// These surroundings with another clock.
    package func with(_ clock: any Clock) -> Surroundings {
        Surroundings(clock: clock, entropy: entropy, log: log, metrics: metrics)
    }
}
