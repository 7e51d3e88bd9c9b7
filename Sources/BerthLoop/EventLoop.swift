import CLinux
import Glibc
import Synchronization

/// The one thread on which everything that does not block lives: an epoll loop that is also the
/// executor of ``Loop`` and of every task made by ``spawn(_:)``.
///
/// Order within a turn: jobs that were ready, timers that are due, file descriptors that are ready.
/// A job that makes more jobs cannot starve the descriptors, because what it adds waits for the
/// next turn. A timer is due by the time at which the descriptors were last looked at: what arrived
/// before a deadline is seen before it, however long the jobs of a turn took.
package final class EventLoop: SerialExecutor, TaskExecutor {
    /// The loop of this process.
    package static let shared = EventLoop()

    /// Work from other threads; bounded by the number of tasks, each of which waits in it once.
    private let inbox = Mutex<[Work]>([])
    private let poller: Poller
    // Unsafe and sound: touched by the loop's thread alone.
    private nonisolated(unsafe) var ready: [Work] = []
    // Unsafe and sound: written once, before anybody else can ask.
    private nonisolated(unsafe) var thread: pthread_t?
    // Unsafe and sound: touched by the loop's thread alone.
    private nonisolated(unsafe) var isInJob = false
    @Loop private var timers = TimerQueue()
    /// Called at the end of each turn, before the loop waits.
    ///
    /// All that the turn changes has changed then: for whoever watches the state of others that
    /// have no event for it, as tests do.
    @Loop package var afterTurn: (@Loop () -> Void)?

    private enum Work {
        case job(UnownedJob)
        case action(@Loop @Sendable () -> Void)
    }

    private init() { poller = Poller() }

    /// Whether the caller runs on the loop's thread.
    package var isHere: Bool {
        guard let thread = unsafe thread else { return false }
        return pthread_equal(thread, pthread_self()) != 0
    }

    /// Runs `main` on this thread, and the loop with it, until `main` returns.
    ///
    /// Called once a process, by the thread that becomes the loop's.
    package func run<Value: Sendable>(_ main: @escaping @Loop @Sendable () async -> Value) -> Value
    {
        unsafe thread = pthread_self()
        let outcome = Mutex<Value?>(nil)
        spawn {
            let value = await main()
            outcome.withLock { $0 = value }
            self.poller.wake()  // else the turn that ran this would wait for an event first
        }
        while true {
            if let value = outcome.withLock({ $0 }) { return value }
            Loop.assumeIsolated { turn() }
        }
    }

    /// Makes the loop's only kind of unstructured task; groups and `async let` below it inherit the
    /// loop as their preferred executor, so nothing starts Dispatch's threads.
    @discardableResult
    package func spawn(_ work: @escaping @Loop @Sendable () async -> Void) -> Task<Void, Never> {
        Task(executorPreference: self) { await work() }
    }

    /// Makes a task as ``spawn(_:)`` does, which runs before this returns, as far as it comes without
    /// waiting.
    ///
    /// For the callbacks of watches and of libraries, where it spares a turn; called within a task
    /// it is ``spawn(_:)``.
    @Loop package func begin(
        _ work: @escaping @Loop @Sendable () async -> Void
    ) -> Task<Void, Never> {
        let task = spawn(work)
        // What was added last is the task's beginning.
        if unsafe !isInJob, let first = unsafe ready.popLast() { run(first) }
        return task
    }

    /// Runs `action` on the loop in one of its next turns; from any thread.
    package func post(_ action: @escaping @Loop @Sendable () -> Void) { add(.action(action)) }

    // MARK: Executor

    package func enqueue(_ job: consuming ExecutorJob) { add(.job(UnownedJob(job))) }

    package func isIsolatingCurrentContext() -> Bool? { isHere }

    package func checkIsolated() { precondition(isHere, "off the loop's thread") }

    private func add(_ work: Work) {
        if isHere {
            unsafe ready.append(work)
            return
        }
        let wasEmpty = inbox.withLock { inbox in
            inbox.append(work)
            return inbox.count == 1
        }
        if wasEmpty { poller.wake() }
    }

    // MARK: One turn

    @Loop private func turn() {
        let looked = Instant.now
        let arrived = inbox.withLock { inbox in
            let arrived = inbox
            inbox.removeAll(keepingCapacity: inbox.count <= 256)
            return arrived
        }
        unsafe ready.append(contentsOf: arrived)
        runReady()
        fireTimers(dueAt: looked)
        afterTurn?()
        let isIdle = unsafe ready.isEmpty
        poller.poll(waiting: isIdle ? timers.next.map { $0 - .now } : .zero)
    }

    @Loop private func runReady() {
        let batch = unsafe ready
        unsafe ready = []
        for work in batch { run(work) }
    }

    @Loop private func run(_ work: Work) {
        switch work {
        case .job(let job):
            unsafe isInJob = true
            unsafe job.runSynchronously(
                isolatedTo: asUnownedSerialExecutor(),
                taskExecutor: asUnownedTaskExecutor()
            )
            unsafe isInJob = false
        case .action(let action): action()
        }
    }

    @Loop private func fireTimers(dueAt now: Instant) {
        let limit = timers.nextSequence
        while let timer = timers.popDue(at: now, before: limit) { timer.fire() }
    }

    // MARK: For the types of this module

    @Loop func schedule(_ timer: Timer) { timers.insert(timer) }

    @Loop func unschedule(_ timer: Timer) { timers.remove(timer) }

    @Loop func add(_ watch: Watch) throws(SystemError) { try poller.add(watch) }

    @Loop func change(_ watch: Watch) throws(SystemError) { try poller.change(watch) }

    @Loop func remove(_ watch: Watch) { poller.remove(watch) }
}

extension EventLoop: CustomReflectable {
    /// Empty, so that a failing `#expect` never walks the live loop from another thread.
    package var customMirror: Mirror { Mirror(self, children: []) }
}
