/// A random generator that returns the same numbers for the same seed on every machine.
///
/// The algorithm is SplitMix64, which suits jitter but not secrets.
/// Source: <https://prng.di.unimi.it/splitmix64.c>.
package struct SeededGenerator: RandomNumberGenerator, Sendable {
    private var state: UInt64

    /// Makes a generator.
    ///
    /// In production the seed comes from the system's generator.
    package init(seed: UInt64) { state = seed }

    package mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// Returns a number from 0 to 1, 1 excluded.
    package mutating func fraction() -> Double { Double(next() >> 11) / Double(1 << 53) }
}
