import BerthLoop

/// The thread on which a database works.
enum DatabaseThread: Sendable {
    /// A thread of its own, for a database on a disk.
    case worker(Worker)
    /// The loop's, for a database in memory.
    case loop(EventLoop)

    /// The thread as an actor's executor.
    var unownedExecutor: UnownedSerialExecutor {
        switch self {
        case .worker(let worker): unsafe worker.asUnownedSerialExecutor()
        case .loop(let loop): unsafe loop.asUnownedSerialExecutor()
        }
    }

    /// Runs `action` on the thread after everything that was given before.
    func post(_ action: @escaping @Sendable () -> Void) {
        switch self {
        case .worker(let worker): worker.post(action)
        case .loop(let loop): loop.post { action() }
        }
    }
}
