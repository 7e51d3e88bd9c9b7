import CLinux

/// What a file descriptor is ready for, or what is to be watched for; epoll's bits.
package struct Readiness: OptionSet, Sendable {
    /// epoll's event mask.
    package let rawValue: UInt32

    /// Wraps epoll's event mask.
    package init(rawValue: UInt32) { self.rawValue = rawValue }

    /// Bytes, a connection or the end can be read.
    package static let readable = Readiness(rawValue: EPOLLIN.rawValue)
    /// Bytes can be written.
    package static let writable = Readiness(rawValue: EPOLLOUT.rawValue)
    /// The peer has closed its sending side.
    package static let peerClosed = Readiness(rawValue: EPOLLRDHUP.rawValue)
    /// The connection is gone; reported whether watched for or not.
    package static let hungUp = Readiness(rawValue: EPOLLHUP.rawValue)
    /// The descriptor has an error; reported whether watched for or not.
    package static let failed = Readiness(rawValue: EPOLLERR.rawValue)
}

/// A file descriptor watched by the loop, level-triggered, until ``cancel()``.
///
/// The loop keeps the watch alive; whoever made it cancels it before closing the descriptor.
@Loop package final class Watch {
    let descriptor: Int32
    let handler: @Loop (Readiness) -> Void
    var interest: Readiness
    var generation: UInt32 = 0

    /// Begins to watch.
    ///
    /// - Parameters:
    ///   - descriptor: open, not watched by another watch, owned by the caller.
    ///   - interest: what to call for; hang-up and failure are always reported.
    ///   - handler: called on the loop for as long as the state lasts.
    /// - Throws: ``SystemError`` when the kernel refuses (no memory, a plain file).
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

    /// Changes what is watched for.
    ///
    /// - Throws: ``SystemError`` when the kernel refuses.
    package func change(to interest: Readiness) throws(SystemError) {
        self.interest = interest
        try EventLoop.shared.change(self)
    }

    /// Ends the watch, so that the handler is not called again; the second time does nothing.
    package func cancel() { EventLoop.shared.remove(self) }
}
