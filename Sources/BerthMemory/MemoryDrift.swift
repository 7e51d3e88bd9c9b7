/// The differences between measurements and the ledger, over the life of the process.
package struct MemoryDrift: Equatable, Sendable {
    /// The sum of all increases of the base.
    package var up = ByteCount.zero
    /// The sum of all decreases of the base.
    package var down = ByteCount.zero
    /// The number of measurements.
    package var measurements = 0
}
