import CLinux
import Glibc
import Synchronization

/// The one thread for everything that does not block: an epoll loop that is also the executor of
/// ``Loop`` and of every task made by ``spawn(_:)``.
///
/// A turn runs the jobs that were ready, then the timers that are due, then the handlers of the
/// file descriptors that are ready. Jobs that are added during a turn run in the next one, so they
/// cannot starve the descriptors. A timer is due if its deadline lies before the last complete look
/// at the descriptors. Therefore bytes that arrived before a deadline are read before the timer
/// fires, however long the jobs of a turn took and however long the process was stopped.
package final class EventLoop: SerialExecutor, TaskExecutor {
    /// The loop of this process.
    package static let shared = EventLoop()

    /// Work from other threads.
    ///
    /// The number of tasks bounds it, because each task is in it at most once.
    private let inbox = Mutex<[Work]>([])
    private let poller: Poller
    // Unsafe and sound: only the loop's thread uses it.
    private nonisolated(unsafe) var ready: [Work] = []
    // Unsafe and sound: it is written once, before any other thread can read it.
    private nonisolated(unsafe) var thread: pthread_t?
    // Unsafe and sound: only the loop's thread uses it.
    private nonisolated(unsafe) var isInJob = false
    @Loop private var timers = TimerQueue()
    /// A function that is called at the end of each turn, before the loop waits.
    ///
    /// All changes of the turn are made by then. Tests use it to watch state that has no event of
    /// its own.
    @Loop package var afterTurn: (@Loop () -> Void)?
    /// Actions that run once, at the end of the turn.
    @Loop private var last: [@Loop () -> Void] = []
    /// The tasks that wait until nothing is ready.
    @Loop private var idlers: [Wakeup] = []
    /// Measures the turns and finds the one that kept the loop from its descriptors.
    @Loop let stalls = StallWatch()

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

    /// Runs the loop on this thread, and `main` on the loop, until `main` returns.
    ///
    /// The thread that becomes the loop's thread calls it, once in a process.
    package func run<Value: Sendable>(_ main: @escaping @Loop @Sendable () async -> Value) -> Value
    {
        unsafe thread = pthread_self()
        let outcome = Mutex<Value?>(nil)
        spawn {
            let value = await main()
            outcome.withLock { $0 = value }
            self.poller.wake()  // otherwise the current turn would wait for an event first
        }
        while true {
            if let value = outcome.withLock({ $0 }) { return value }
            Loop.assumeIsolated { turn() }
        }
    }

    /// Makes the loop's only kind of unstructured task.
    ///
    /// Its task groups and `async let` inherit the loop as their preferred executor, so nothing
    /// starts Dispatch's threads.
    @discardableResult
    package func spawn(_ work: @escaping @Loop @Sendable () async -> Void) -> Task<Void, Never> {
        Task(executorPreference: self) { await work() }
    }

    /// Makes a task as ``spawn(_:)`` does, and runs it up to its first wait before it returns.
    ///
    /// It saves one turn in the callbacks of watches and of libraries. Within a task it only does
    /// the same as ``spawn(_:)``.
    @Loop package func begin(
        _ work: @escaping @Loop @Sendable () async -> Void
    ) -> Task<Void, Never> {
        let task = spawn(work)
        // The last item added is the beginning of the task.
        if unsafe !isInJob, let first = unsafe ready.popLast() { run(first) }
        return task
    }

    /// Runs `action` on the loop in one of its next turns.
    ///
    /// Any thread may call it.
    package func post(_ action: @escaping @Loop @Sendable () -> Void) { add(.action(action)) }

    /// Runs `action` once, at the end of this turn, after all of the turn's other work.
    ///
    /// From another thread, the loop is woken, and the action runs at the end of its next turn.
    package func postLast(_ action: @escaping @Loop @Sendable () -> Void) {
        guard isHere else { return post { self.last.append(action) } }
        Loop.assumeIsolated { last.append(action) }
    }

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
        unsafe ready.append(contentsOf: takeArrived())
        runReady()
        fireTimers(dueAt: poller.looked)
        afterTurn?()
        stalls.end()
        runLast()
        if unsafe ready.isEmpty { wakeIdlers() }
        poller.poll(until: unsafe ready.isEmpty ? timers.next : Instant(nanoseconds: 0))
    }

    /// Takes the work from other threads.
    ///
    /// A closure that is made on the loop would check at each turn that it runs there.
    private func takeArrived() -> [Work] {
        inbox.withLock { inbox in
            let arrived = inbox
            inbox.removeAll(keepingCapacity: inbox.count <= 256)
            return arrived
        }
    }

    @Loop private func runReady() {
        let batch = unsafe ready
        unsafe ready = []
        for work in batch { run(work) }
    }

    @Loop private func runLast() {
        guard !last.isEmpty else { return }
        let batch = last
        last = []
        for action in batch { action() }
    }

    @Loop private func wakeIdlers() {
        guard !idlers.isEmpty else { return }
        for idler in idlers { idler.signal() }
        idlers = []
    }

    @Loop private func run(_ work: Work) {
        defer { stalls.ended(.task) }
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
        while let timer = timers.popDue(at: now, before: limit) {
            timer.fire()
            stalls.ended(.timer)
        }
    }

    // MARK: For the types of this module

    /// Returns at the end of a turn that leaves nothing ready, or when the task is cancelled.
    @Loop func idle() async {
        let wakeup = Wakeup()
        idlers.append(wakeup)
        try? await wakeup.wait()  // a cancelled wait ends too
    }

    @Loop func schedule(_ timer: Timer) { timers.insert(timer) }

    @Loop func unschedule(_ timer: Timer) { timers.remove(timer) }

    @Loop func add(_ watch: Watch) throws(SystemError) { try poller.add(watch) }

    @Loop func change(_ watch: Watch) throws(SystemError) { try poller.change(watch) }

    @Loop func remove(_ watch: Watch) { poller.remove(watch) }
}

extension EventLoop: CustomReflectable {
    /// A mirror without children, so a failing `#expect` never reads the live loop from another
    /// thread.
    package var customMirror: Mirror { Mirror(self, children: []) }
}
