package import BerthLoop
package import BerthTelemetry

extension Surroundings {
    /// Surroundings on `clock` whose randomness is the same in every run.
    ///
    /// - Parameters:
    ///   - clock: the machine's, unless a test moves its own.
    ///   - log: logs nothing by default.
    ///   - seed: of the randomness.
    /// - Returns: surroundings with metrics of their own.
    package static func quiet(
        _ clock: any Clock = SystemClock(),
        log: Log = .silent,
        seed: UInt64 = 1
    ) -> Surroundings {
        Surroundings(clock: clock, entropy: Entropy(seed: seed), log: log)
    }
}
