import BerthMemory

/// A memory limit that is too small for the service itself.
package struct LimitTooLow: Error, CustomStringConvertible {
    let limit: ByteCount
    let fixed: ByteCount
    let heldBack: ByteCount
    /// The lowest possible limit.
    let least: ByteCount

    package var description: String {
        "memory.limit is \(limit), but Berth itself takes \(fixed) while idle, reserves "
            + "\(heldBack) for error messages, and needs room for work: "
            + "make it at least \(least)"
    }
}
