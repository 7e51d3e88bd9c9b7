package import BerthMemory

/// What start-up left on the heap for good, by what was being started: the Swift runtime's tables,
/// curl's and libmicrohttpd's state, the loop's buffers.
///
/// Measured once, as the start goes: it is a number of this build on this machine, not a guess.
package struct MemoryFixedCosts: Equatable, Sendable {
    /// What one step left.
    package struct Part: Equatable, Sendable {
        /// What was started.
        package let name: String
        /// Below zero where the step gave back more than it kept.
        package let bytes: ByteCount
    }

    /// The steps in their order.
    package private(set) var parts: [Part] = []

    /// All of it.
    package var total: ByteCount { parts.reduce(.zero) { $0 + $1.bytes } }

    /// Nothing was measured yet.
    package init() {}

    /// Puts to `name` what malloc has handed out since the last mark, but for what is accounted.
    ///
    /// - Parameters:
    ///   - name: of the step that has just ended; what the report calls the account.
    ///   - accounted: the part of the heap in use that is in other accounts now: all leases and
    ///     SQLite's own.
    ///   - figures: malloc's.
    package mutating func mark(
        _ name: String,
        accounted: ByteCount,
        figures: AllocatorFigures = .read()
    ) {
        let bytes = figures.inUse + figures.mapped - accounted - total
        parts.append(Part(name: name, bytes: bytes))
    }
}
