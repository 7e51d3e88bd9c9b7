/// A file descriptor that the loop watches, level-triggered, until ``cancel()``.
///
/// The loop keeps the watch alive. Its owner must cancel it before closing the descriptor.
@Loop package final class Watch {
    let descriptor: Int32
    let handler: @Loop (Readiness) -> Void
    var interest: Readiness
    var generation: UInt32 = 0

    /// Starts watching.
    ///
    /// - Parameters:
    ///   - descriptor: an open descriptor that the caller owns and no other watch uses.
    ///   - interest: the states to report. Hang-up and failure are always reported.
    ///   - handler: a function that is called on the loop in each turn while the state lasts.
    /// - Throws: ``SystemError`` if the kernel refuses, for example for lack of memory or for a
    ///   plain file.
    package init(
        _ descriptor: Int32,
        for interest: Readiness,
        handler: @escaping @Loop (Readiness) -> Void
    ) throws(SystemError) {
        self.descriptor = descriptor
        self.interest = interest
        self.handler = handler
        try EventLoop.shared.add(self)
    }

    /// Changes the states that are reported.
    ///
    /// - Throws: ``SystemError`` if the kernel refuses.
    package func change(to interest: Readiness) throws(SystemError) {
        self.interest = interest
        try EventLoop.shared.change(self)
    }

    /// Ends the watch, so the handler is not called again.
    ///
    /// A second call does nothing.
    package func cancel() { EventLoop.shared.remove(self) }
}
