import CLinux
import Glibc
import Synchronization

/// A named thread for work that blocks, such as SQLite and name resolution.
///
/// It is an executor for actors and a queue for plain closures.
///
/// The thread starts with the first work and ends when it has had none for a given time. It runs all work in order. The users of a worker must bound its queue; it
/// has no bound of its own.
package final class Worker: SerialExecutor, TaskExecutor {
    /// The thread's name, as `ps -L` shows it, of at most 15 bytes.
    package let name: String

    private let queue = Mutex(Queue())
    private let wakeup: Int32
    /// The time without work after which the thread ends, in milliseconds.
    private let lingerMs: Int32

    private struct Queue {
        var work: [Work] = []
        var isStarted = false
        // Unsafe and sound: the queue's lock guards it.
        nonisolated(unsafe) var thread = pthread_t()
    }

    private enum Work {
        case job(UnownedJob)
        case action(@Sendable () -> Void)
    }

    /// Makes the worker, without starting its thread.
    ///
    /// `linger` is the time without work after which the thread ends. More work starts it again.
    package init(name: String, linger: Duration = .seconds(10)) {
        self.name = name
        lingerMs = Int32(clamping: linger.milliseconds())
        wakeup = eventfd(0, Int32(EFD_CLOEXEC))
        precondition(wakeup >= 0, "no descriptor for the worker '\(name)': errno \(errno)")
    }

    deinit { close(wakeup) }  // the thread holds the worker, so it has ended

    /// Runs `action` on the worker's thread, after all work that was added before.
    package func post(_ action: @escaping @Sendable () -> Void) { add(.action(action)) }

    /// Runs blocking `work` on the worker's thread, and returns its value on the caller's executor.
    package func run<Value: Sendable>(_ work: @escaping @Sendable () -> Value) async -> Value {
        await withCheckedContinuation { continuation in
            post { continuation.resume(returning: work()) }
        }
    }

    // MARK: Executor

    package func enqueue(_ job: consuming ExecutorJob) { add(.job(UnownedJob(job))) }

    package func isIsolatingCurrentContext() -> Bool? { isHere }

    package func checkIsolated() { precondition(isHere, "off the worker '\(name)'") }

    private var isHere: Bool {
        queue.withLock { queue in
            unsafe queue.isStarted && pthread_equal(queue.thread, pthread_self()) != 0
        }
    }

    private func add(_ work: Work) {
        let wasEmpty = queue.withLock { queue in
            queue.work.append(work)
            if !queue.isStarted { start(&queue) }
            return queue.work.count == 1
        }
        if wasEmpty { eventfd_write(wakeup, 1) }
    }

    // MARK: The thread

    /// The stack's size in bytes, enough for SQLite and getaddrinfo.
    private static let stackSize = 512 << 10

    private func start(_ queue: inout Queue) {
        queue.isStarted = true
        var attributes = pthread_attr_t()
        unsafe pthread_attr_init(&attributes)
        unsafe pthread_attr_setstacksize(&attributes, Worker.stackSize)
        unsafe pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
        let me = unsafe Unmanaged.passRetained(self).toOpaque()
        let code = unsafe pthread_create(&queue.thread, &attributes, workerMain, me)
        precondition(code == 0, "no thread for the worker '\(name)': errno \(code)")
        unsafe berth_name_thread(queue.thread, name)
        unsafe pthread_attr_destroy(&attributes)
    }

    fileprivate func loop() {
        while !isOver() {
            var count: eventfd_t = 0
            unsafe eventfd_read(wakeup, &count)
            while let batch = takeAll() { for work in batch { perform(work) } }
        }
    }

    /// Waits for work.
    ///
    /// - Returns: whether there was none for so long that the thread ends.
    private func isOver() -> Bool {
        var ready = pollfd(fd: wakeup, events: Int16(POLLIN), revents: 0)
        guard unsafe poll(&ready, 1, lingerMs) == 0 else { return false }
        return queue.withLock { queue in
            guard queue.work.isEmpty else { return false }
            queue.isStarted = false
            return true
        }
    }

    private func takeAll() -> [Work]? {
        queue.withLock { queue in
            if queue.work.isEmpty { return nil }
            let batch = queue.work
            queue.work.removeAll(keepingCapacity: batch.count <= 256)
            return batch
        }
    }

    private func perform(_ work: Work) {
        switch work {
        case .job(let job):
            unsafe job.runSynchronously(
                isolatedTo: asUnownedSerialExecutor(),
                taskExecutor: asUnownedTaskExecutor()
            )
        case .action(let action): action()
        }
    }
}

/// The entry point of a worker's thread.
///
/// It is a plain function, because a closure that is made in an isolated context would check its
/// isolation here and trap.
private nonisolated func workerMain(_ worker: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer?
{
    guard let worker = unsafe worker else { return nil }
    unsafe Unmanaged<Worker>.fromOpaque(worker).takeRetainedValue().loop()
    return nil
}
