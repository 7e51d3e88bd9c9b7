package import BerthMemory

/// The heap that start-up takes for good, by the step that took it.
///
/// Examples are the Swift runtime's tables, the state of curl and libmicrohttpd, and the loop's
/// buffers. The costs are measured once, during the start, so they are exact for this build on this
/// machine.
package struct MemoryFixedCosts: Equatable, Sendable {
    /// The cost of one step of the start.
    package struct Part: Equatable, Sendable {
        /// The step's name.
        package let name: String
        /// The heap that the step took, below zero if it freed more than it took.
        package let bytes: ByteCount
    }

    /// The steps in their order.
    package private(set) var parts: [Part] = []

    /// The cost of all steps.
    package var total: ByteCount { parts.reduce(.zero) { $0 + $1.bytes } }

    /// Makes costs without a step.
    package init() {}

    /// Ends a step, whose cost is the heap that was taken since the last mark.
    ///
    /// - Parameters:
    ///   - name: the step's name, which the report gives to the account.
    ///   - accounted: the part of the heap that is in other accounts now, such as leases and
    ///     SQLite's memory. It is not part of the cost.
    ///   - figures: malloc's figures.
    package mutating func mark(
        _ name: String,
        accounted: ByteCount,
        figures: AllocatorFigures = .read()
    ) {
        let bytes = figures.inUse + figures.mapped - accounted - total
        parts.append(Part(name: name, bytes: bytes))
    }
}
