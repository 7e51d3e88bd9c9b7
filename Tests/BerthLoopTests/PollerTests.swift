import BerthLoop
import BerthTestKit
import Glibc
import Synchronization
import Testing

@Suite(.loop) struct PollerTests {
    @Loop @Test func `bytes that arrive while the process stands still are read before a deadline`()
        async throws
    {
        var ends: [Int32] = [0, 0]
        try #require(unsafe pipe(&ends) == 0)
        defer { for end in ends { close(end) } }
        StandStill.prepare(writing: ends[1])
        let (loop, worker) = (pthread_self(), Worker(name: "test-signals"))
        let (clock, done) = (SystemClock(), Wakeup())
        var readFirst = 0
        for _ in 0..<20 {
            var seen: [String] = []
            let watch = try Watch(ends[0], for: .readable) { _ in
                var byte: UInt8 = 0
                _ = unsafe read(ends[0], &byte, 1)
                seen.append("a byte")
            }
            clock.schedule(after: .milliseconds(5)) {
                seen.append("the deadline")
                done.signal()
            }
            // The loop is most likely in epoll_wait, which a signal interrupts (EINTR).
            await worker.run { _ = pthread_kill(loop, SIGUSR2) }
            try await done.wait()
            watch.cancel()
            if seen.first == "a byte" { readFirst += 1 }
        }
        // The signal may come late on a busy machine, after the deadline or between two looks.
        #expect(readFirst >= 10)
    }

    @Loop @Test func `more descriptors than one poll returns are all seen before a deadline`()
        async throws
    {
        FileDescriptors.raiseLimit()
        var pipes: [[Int32]] = []
        defer { for end in pipes.joined() { close(end) } }
        for _ in 0..<700 {
            var ends: [Int32] = [0, 0]
            try #require(unsafe pipe(&ends) == 0)
            pipes.append(ends)
        }
        let (clock, done) = (SystemClock(), Wakeup())
        var (seen, seenAtDeadline) = (0, 0)
        var watches: [Watch] = []
        for ends in pipes {
            var isNew = true
            watches.append(
                try Watch(ends[0], for: .readable) { _ in
                    if isNew { seen += 1 }
                    isNew = false
                }
            )
            _ = unsafe write(ends[1], "x", 1)
        }
        let deadline = clock.now + .milliseconds(1)
        clock.schedule(after: .milliseconds(1)) {
            seenAtDeadline = seen
            done.signal()
        }
        while clock.now <= deadline {}  // the turn's work
        try await done.wait()
        for watch in watches { watch.cancel() }
        #expect(seenAtDeadline == 700)
    }

    @Loop @Test func `timers fire though more descriptors than one poll returns are always ready`()
        async throws
    {
        FileDescriptors.raiseLimit()
        var pipes: [[Int32]] = []
        defer { for end in pipes.joined() { close(end) } }
        var watches: [Watch] = []
        for _ in 0..<300 {
            var ends: [Int32] = [0, 0]
            try #require(unsafe pipe(&ends) == 0)
            pipes.append(ends)
            watches.append(try Watch(ends[0], for: .readable) { _ in })
            _ = unsafe write(ends[1], "x", 1)
        }
        let fired = Wakeup()
        SystemClock().schedule(after: .milliseconds(1)) { fired.signal() }
        try await fired.wait()
        for watch in watches { watch.cancel() }
    }
}

/// A signal that holds a thread up for 20 ms, during which a byte arrives.
private enum StandStill {
    private static let descriptor = Atomic<Int32>(-1)

    static func prepare(writing end: Int32) {
        descriptor.store(end, ordering: .relaxed)
        var signals = sigset_t()
        unsafe sigemptyset(&signals)
        unsafe sigaddset(&signals, SIGUSR2)
        unsafe pthread_sigmask(SIG_UNBLOCK, &signals, nil)
        signal(SIGUSR2) { _ in
            let begin = StandStill.milliseconds
            while StandStill.milliseconds < begin + 20 {}
            _ = unsafe write(StandStill.descriptor.load(ordering: .relaxed), "x", 1)
        }
    }

    private static var milliseconds: Int {
        var time = timespec()
        unsafe clock_gettime(CLOCK_MONOTONIC, &time)
        return time.tv_sec * 1000 + time.tv_nsec / 1_000_000
    }
}
