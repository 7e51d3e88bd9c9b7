import CLinux
import Glibc

/// The epoll descriptor, its wake-up eventfd, and the watches registered with it.
///
/// An event carries its watch's generation beside the descriptor, so an event for a descriptor that
/// was closed and reused is recognised and dropped.
@safe @Loop final class Poller {
    private let epoll: Int32
    private let wakeup: Int32
    private var watches: [Int32: Watch] = [:]
    private var generation: UInt32 = 0
    // Unsafe and sound: only ``poll(until:)`` writes and reads it, on the loop.
    private nonisolated(unsafe) var events: [epoll_event]
    /// The latest instant of which it is certain that every event before it has been handled.
    private(set) var looked: Instant
    private var partialLooks = 0

    /// The most events taken from the kernel at once.
    ///
    /// Further events wait for the next turn.
    private nonisolated static let batch = 256
    /// The most polls in a row that fill a batch and count as incomplete.
    ///
    /// epoll reports ready descriptors in rotation, so this many batches are a complete look. The
    /// bound lets timers fire even if more than a batch of descriptors are always ready.
    private nonisolated static let mostPartialLooks = 16

    nonisolated init() {
        looked = .now
        epoll = epoll_create1(Int32(EPOLL_CLOEXEC))
        wakeup = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
        precondition(epoll >= 0 && wakeup >= 0, "no descriptors for the loop: errno \(errno)")
        unsafe events = [epoll_event](repeating: epoll_event(), count: Poller.batch)
        let failed = Poller.control(
            epoll,
            EPOLL_CTL_ADD,
            wakeup,
            [.readable, .edge],
            generation: 0
        )
        precondition(!failed, "the loop's eventfd cannot be watched: errno \(errno)")
    }

    /// Ends a wait in ``poll(waiting:)``.
    ///
    /// Any thread may call it.
    nonisolated func wake() {
        // EAGAIN means that a wake-up is pending already, which is enough.
        _ = eventfd_write(wakeup, 1)
    }

    /// Waits until a descriptor is ready, and calls the handlers.
    ///
    /// The wait takes at most until `deadline`, or has no limit if that is nil.
    func poll(until deadline: Instant?) {
        let began = Instant.now
        var timeoutMs: Int32?
        if let deadline {
            timeoutMs = Int32(clamping: max(0, (deadline - began).milliseconds(roundedUp: true)))
        }
        let count = unsafe epoll_wait(epoll, &events, Int32(Poller.batch), timeoutMs ?? -1)
        EventLoop.shared.stalls.look()
        note(count, after: .milliseconds(Int64(timeoutMs ?? 0)), from: began)
        for index in 0..<Int(max(0, count)) {
            let event = unsafe events[index]
            let tag = unsafe event.data.u64
            dispatch(
                Int32(truncatingIfNeeded: tag),
                UInt32(tag >> 32),
                Readiness(rawValue: unsafe event.events)
            )
        }
    }

    /// Moves ``looked`` by the result of one poll.
    ///
    /// The clock is not read after the poll, because the process may have been stopped in between.
    /// An interrupted poll (EINTR, certain after SIGCONT) has seen nothing. A poll that timed out
    /// has seen that nothing was ready until its timeout.
    private func note(_ count: Int32, after timeout: Duration, from began: Instant) {
        guard count >= 0 else { return }
        partialLooks = count == Poller.batch ? partialLooks + 1 : 0
        if partialLooks == Poller.mostPartialLooks { partialLooks = 0 }
        if partialLooks == 0 { looked = count == 0 ? began + timeout : began }
    }

    private func dispatch(_ descriptor: Int32, _ generation: UInt32, _ readiness: Readiness) {
        // It only ends the wait. It is edge-triggered, so its count is never read.
        if descriptor == wakeup { return }
        guard let watch = watches[descriptor], watch.generation == generation else { return }
        Loop.assumeIsolated { watch.handler(readiness) }
        EventLoop.shared.stalls.ended(.descriptor)
    }

    func add(_ watch: Watch) throws(SystemError) {
        generation &+= 1
        watch.generation = generation
        if Poller.control(
            epoll,
            EPOLL_CTL_ADD,
            watch.descriptor,
            watch.interest,
            generation: watch.generation
        ) {
            throw SystemError("epoll_ctl(add)")
        }
        watches[watch.descriptor] = watch
    }

    func change(_ watch: Watch) throws(SystemError) {
        if Poller.control(
            epoll,
            EPOLL_CTL_MOD,
            watch.descriptor,
            watch.interest,
            generation: watch.generation
        ) {
            throw SystemError("epoll_ctl(mod)")
        }
    }

    func remove(_ watch: Watch) {
        guard watches[watch.descriptor] === watch else { return }
        watches[watch.descriptor] = nil
        // The call fails if the descriptor was closed before, which has removed it already.
        _ = Poller.control(epoll, EPOLL_CTL_DEL, watch.descriptor, [], generation: 0)
    }

    private nonisolated static func control(
        _ epoll: Int32,
        _ operation: Int32,
        _ descriptor: Int32,
        _ interest: Readiness,
        generation: UInt32
    ) -> Bool {
        var event = unsafe epoll_event()
        unsafe event.events = interest.rawValue
        unsafe event.data.u64 = UInt64(generation) << 32 | UInt64(UInt32(bitPattern: descriptor))
        return unsafe epoll_ctl(epoll, operation, descriptor, &event) != 0
    }
}
