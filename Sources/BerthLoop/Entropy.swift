import CLinux
import Glibc

/// The only source of randomness, injected so that a seed repeats a whole run.
///
/// A service takes its randomness from the kernel, 2 KiB at a time. Tests and the simulation take it
/// from a seed, which makes every id, secret and jitter of a run the same on every machine.
@Loop package final class Entropy {
    private var seeded: SeededGenerator?
    /// Words of the kernel's generator, of which the first ``left`` were not used yet.
    ///
    /// The others are 0, so that no copy of a used word stays in memory.
    private(set) var buffered = [UInt64](repeating: 0, count: Entropy.bufferedWords)
    private var left = 0

    /// The words that are read from the kernel at once.
    private static nonisolated let bufferedWords = 256

    /// Makes a source that reads the kernel's generator.
    package nonisolated init() {}

    /// Makes a source whose numbers follow from `seed`, for tests and the simulation.
    ///
    /// It must never make real secrets.
    package nonisolated init(seed: UInt64) { seeded = SeededGenerator(seed: seed) }

    /// The next 64 random bits, which are no secret.
    package func next() -> UInt64 {
        if seeded != nil { return fresh() }
        if left == 0 { refill() }
        left -= 1
        defer { buffered[left] = 0 }
        return buffered[left]
    }

    /// Random bytes that are no secret, as many as `count` (0 or more).
    package func bytes(_ count: Int) -> [UInt8] { Entropy.bytes(count) { next() } }

    /// Random bytes for a secret, as many as `count` (0 or more).
    ///
    /// They never lie in the buffer of the other numbers.
    package func secret(_ count: Int) -> [UInt8] { Entropy.bytes(count) { fresh() } }

    /// A separate generator for the jitter of one part, whose draws do not affect other parts.
    package func generator() -> SeededGenerator { SeededGenerator(seed: next()) }

    /// A number that comes from the seed, or else from the kernel at this moment.
    private func fresh() -> UInt64 {
        guard var generator = seeded else {
            var system = SystemRandomNumberGenerator()
            return system.next()
        }
        defer { seeded = generator }
        return generator.next()
    }

    private func refill() {
        unsafe buffered.withUnsafeMutableBytes { bytes in
            var filled = 0
            while filled < bytes.count {
                let rest = unsafe UnsafeMutableRawBufferPointer(rebasing: bytes[filled...])
                let count = unsafe getrandom(rest.baseAddress, rest.count, 0)
                precondition(count > 0 || errno == EINTR, "no randomness: errno \(errno)")
                filled += max(0, count)
            }
        }
        left = buffered.count
    }

    private static func bytes(_ count: Int, _ next: () -> UInt64) -> [UInt8] {
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
}
