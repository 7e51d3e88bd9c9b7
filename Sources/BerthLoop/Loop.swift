/// The isolation of the epoll thread. Code marked `@Loop` runs there and nowhere else.
@globalActor package actor Loop {
    /// The instance that stands for the one loop of the process.
    package static let shared = Loop()

    /// The executor of the epoll thread.
    package nonisolated var unownedExecutor: UnownedSerialExecutor {
        unsafe EventLoop.shared.asUnownedSerialExecutor()
    }

    /// The one loop of the process, as the executor of actors.
    package static nonisolated var executor: EventLoop { .shared }

    /// Runs `action` on the loop in one of its next turns.
    ///
    /// It can be called on any thread.
    package static nonisolated func post(_ action: @escaping @Loop @Sendable () -> Void) {
        EventLoop.shared.post(action)
    }

    /// Runs `action` once at the end of a turn, as ``EventLoop/postLast(_:)`` does.
    ///
    /// It can be called on any thread.
    package static nonisolated func postLast(_ action: @escaping @Loop @Sendable () -> Void) {
        EventLoop.shared.postLast(action)
    }

    /// Names the work that runs now, for the report about a turn that takes too long.
    ///
    /// The name is forgotten when the caller waits or returns to the loop.
    @Loop package static func works(on label: WorkLabel) { EventLoop.shared.stalls.label = label }

    /// Calls `report` for each turn that takes longer than ``LoopStall/limit``, until the returned
    /// observer is cancelled.
    @Loop package static func observeStalls(
        _ report: @escaping @Loop (LoopStall) -> Void
    ) -> StallObserver {
        EventLoop.shared.stalls.observe(report)
    }

    /// Makes an unstructured task on the loop, as ``EventLoop/spawn(_:)`` does.
    @discardableResult
    package static nonisolated func spawn(
        _ work: @escaping @Loop @Sendable () async -> Void
    ) -> Task<Void, Never> {
        EventLoop.shared.spawn(work)
    }

    /// Runs `main` on this thread, and the loop with it, as ``EventLoop/run(_:)`` does.
    package static nonisolated func run<Value: Sendable>(
        _ main: @escaping @Loop @Sendable () async -> Value
    ) -> Value {
        EventLoop.shared.run(main)
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
