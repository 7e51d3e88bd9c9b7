/// The epoll thread's isolation: what is `@Loop` runs there, and nowhere else.
@globalActor package actor Loop {
    /// The instance that stands for the one loop of the process.
    package static let shared = Loop()

    /// The epoll thread.
    package nonisolated var unownedExecutor: UnownedSerialExecutor {
        unsafe EventLoop.shared.asUnownedSerialExecutor()
    }

    /// Runs `body` with the loop's isolation from a C callback that is already on the loop's thread.
    ///
    /// Traps elsewhere: calling it from another thread is a bug of ours, never input.
    package static nonisolated func assumeIsolated<Value, Failure: Error>(
        _ body: @Loop () throws(Failure) -> Value
    ) throws(Failure) -> Value {
        precondition(EventLoop.shared.isHere, "Loop.assumeIsolated off the loop's thread")
        typealias Body = @Loop () throws(Failure) -> Value
        typealias Plain = () throws(Failure) -> Value
        // The same cast that MainActor.assumeIsolated makes: isolation is not part of a function's
        // layout, and the precondition has just checked what it promises.
        return try withoutActuallyEscaping(body) {
            (body: @escaping Body) throws(Failure) -> Value in
            try unsafe unsafeBitCast(body, to: Plain.self)()
        }
    }
}
