/// A function that is called for each ``LoopStall``, until ``cancel()``.
@Loop package final class StallObserver {
    let report: @Loop (LoopStall) -> Void

    init(_ report: @escaping @Loop (LoopStall) -> Void) { self.report = report }

    /// Ends the calls.
    package func cancel() { EventLoop.shared.stalls.remove(self) }
}
