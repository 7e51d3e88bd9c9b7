/// The only source of randomness, injected so that a seed repeats a whole run.
///
/// A service takes its randomness from the kernel. Tests and the simulation take it from a seed,
/// which makes every id, secret and jitter of a run the same on every machine.
@Loop package final class Entropy {
    private var seeded: SeededGenerator?
    private var system = SystemRandomNumberGenerator()

    /// Makes a source that reads the kernel's generator.
    package nonisolated init() {}

    /// Makes a source whose numbers follow from `seed`, for tests and the simulation.
    ///
    /// It must never make real secrets.
    package nonisolated init(seed: UInt64) { seeded = SeededGenerator(seed: seed) }

    /// The next 64 random bits.
    package func next() -> UInt64 {
        guard var generator = seeded else { return system.next() }
        defer { seeded = generator }
        return generator.next()
    }

    /// Random bytes, as many as `count` (0 or more).
    package func bytes(_ count: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count)
        while bytes.count < count {
            let word = next()
            for shift in 0..<min(8, count - bytes.count) {
                bytes.append(UInt8(truncatingIfNeeded: word >> (8 * UInt64(shift))))
            }
        }
        return bytes
    }

    /// A separate generator for the jitter of one part, whose draws do not affect other parts.
    package func generator() -> SeededGenerator { SeededGenerator(seed: next()) }
}
