/// The isolation of the epoll thread. Code marked `@Loop` runs there and nowhere else.
@globalActor package actor Loop {
    /// The instance that stands for the one loop of the process.
    package static let shared = Loop()

    /// The executor of the epoll thread.
    package nonisolated var unownedExecutor: UnownedSerialExecutor {
        unsafe EventLoop.shared.asUnownedSerialExecutor()
    }

    /// Runs `body` with the loop's isolation, from a C callback that is already on the loop's thread.
    ///
    /// Traps on any other thread. Such a call is a programming error and never caused by input.
    package static nonisolated func assumeIsolated<Value, Failure: Error>(
        _ body: @Loop () throws(Failure) -> Value
    ) throws(Failure) -> Value {
        precondition(EventLoop.shared.isHere, "Loop.assumeIsolated off the loop's thread")
        typealias Body = @Loop () throws(Failure) -> Value
        typealias Plain = () throws(Failure) -> Value
        // MainActor.assumeIsolated makes the same cast. Isolation is not part of a function's
        // layout, and the precondition has just checked that the thread is right.
        return try withoutActuallyEscaping(body) {
            (body: @escaping Body) throws(Failure) -> Value in
            try unsafe unsafeBitCast(body, to: Plain.self)()
        }
    }
}
