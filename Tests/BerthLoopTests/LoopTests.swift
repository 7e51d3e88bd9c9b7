import BerthLoop
import BerthTestKit
import Glibc
import Testing

@Suite(.loop) struct LoopTests {
    @Loop @Test func `a task, its children and its continuations stay on the loop`() async {
        let start = EventLoop.shared.isHere
        let children = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<100 { group.addTask { await isOnLoop() } }
            var onLoop = 0
            for await isThere in group where isThere { onLoop += 1 }
            return onLoop
        }
        #expect(start)
        #expect(children == 100)
    }

    @Loop @Test func `what is begun in a callback runs at once, up to its first wait`() async throws
    {
        var order: [String] = []
        let (bell, ended) = (Wakeup(), Wakeup())
        EventLoop.shared.post {
            _ = EventLoop.shared.begin {
                order.append("begun")
                try? await bell.wait()
                order.append("goes on")
                ended.signal()
            }
            order.append("callback")
            bell.signal()
        }
        try await ended.wait()
        #expect(order == ["begun", "callback", "goes on"])
    }

    @Loop @Test func `what is begun within a task waits for that task's pause`() async throws {
        var order: [String] = []
        let ended = Wakeup()
        _ = EventLoop.shared.begin {
            order.append("begun")
            ended.signal()
        }
        order.append("task")
        try await ended.wait()
        #expect(order == ["task", "begun"])
    }

    @Loop @Test func `a pool keeps what was begun until its end, were it at once`() async throws {
        let (pool, bell, begun) = (TaskPool(), Wakeup(), Wakeup())
        var counts: [Int] = []
        EventLoop.shared.post {
            pool.begin {}
            counts.append(pool.count)
            pool.begin { try? await bell.wait() }
            counts.append(pool.count)
            begun.signal()
        }
        try await begun.wait()
        bell.signal()
        await pool.drain()
        counts.append(pool.count)
        #expect(counts == [0, 1, 0])
    }

    @Loop @Test func `a worker runs off the loop and answers on it`() async {
        let worker = Worker(name: "test-worker")
        let wasOnLoop = await worker.run { EventLoop.shared.isHere }
        let here = EventLoop.shared.isHere
        #expect(!wasOnLoop)
        #expect(here)
    }

    @Loop @Test func `timers fire in the order of their deadlines, cancelled ones never`() async {
        let clock = ManualClock()
        var fired: [Int] = []
        clock.schedule(after: .seconds(3)) { fired.append(3) }
        clock.schedule(after: .seconds(1)) { fired.append(1) }
        let cancelled = clock.schedule(after: .seconds(2)) { fired.append(2) }
        clock.schedule(after: .seconds(1)) { fired.append(11) }
        cancelled.cancel()
        cancelled.cancel()
        clock.advance(by: .seconds(2))
        #expect(fired == [1, 11])
        clock.advance(by: .seconds(1))
        #expect(fired == [1, 11, 3])
        #expect(clock.pending == 0)
    }

    @Loop @Test func `what arrived before a deadline is seen before it, however busy the loop is`()
        async throws
    {
        var ends: [Int32] = [0, 0]
        try #require(unsafe pipe(&ends) == 0)
        defer { for end in ends { close(end) } }
        let (clock, done) = (SystemClock(), Wakeup())
        var seen: [String] = []
        let watch = try Watch(ends[0], for: .readable) { _ in
            if seen.isEmpty { seen.append("a byte") }
        }
        let deadline = clock.now + .milliseconds(1)
        clock.schedule(after: .milliseconds(1)) {
            seen.append("the deadline")
            done.signal()
        }
        _ = unsafe write(ends[1], "x", 1)
        while clock.now <= deadline {}  // the turn's work
        try await done.wait()
        watch.cancel()
        #expect(seen == ["a byte", "the deadline"])
    }

    @Loop @Test func `many timers leave the heap in order`() async {
        let clock = ManualClock()
        var fired: [Int] = []
        for step in 0..<500 {
            let delay = (step * 7919) % 500
            let timer = clock.schedule(after: .milliseconds(delay)) { fired.append(delay) }
            if delay % 3 == 0 { timer.cancel() }
        }
        clock.advance(by: .seconds(1))
        #expect(fired == (0..<500).filter { $0 % 3 != 0 })
    }

    @Loop @Test func `a running manual clock moves when nothing is ready, timer by timer`()
        async
    {
        let (clock, pool) = (ManualClock(), TaskPool())
        let time = pool.spawn { await clock.run() }
        var seen: [Int64] = []
        let walkers = TaskPool()
        for steps in [2, 3] {
            walkers.spawn {
                for step in 1...steps {
                    try? await clock.sleep(for: .seconds(step))
                    await settle()  // work that is ready at that time comes before the next timer
                    seen.append((clock.now - Instant(nanoseconds: 0)).milliseconds())
                }
            }
        }
        await walkers.drain()
        #expect(seen == [1000, 1000, 3000, 3000, 6000])
        time.cancel()
        await pool.drain()
    }

    @Loop @Test func `a cancelled sleep ends at once and leaves no timer`() async {
        let clock = ManualClock()
        let pool = TaskPool()
        var ended = false
        let task = pool.spawn {
            do { try await clock.sleep(for: .seconds(60)) } catch { ended = true }
        }
        await settle()
        #expect(clock.pending == 1)
        task.cancel()
        await pool.drain()
        #expect(ended)
        #expect(clock.pending == 0)
    }

    @Loop @Test(arguments: [false, true])
    func `a timer lets go of its owner when it has fired or was cancelled`(_ fires: Bool) {
        let clock = ManualClock()
        weak var owner: TimerOwner?
        do {
            let made = TimerOwner()
            owner = made
            made.timer = clock.schedule(after: .seconds(1)) { made.calls += 1 }
            if fires { clock.advance(by: .seconds(2)) } else { made.timer?.cancel() }
            let calls = made.calls
            #expect(calls == (fires ? 1 : 0))
        }
        let isGone = owner == nil
        #expect(isGone)
    }

    @Loop @Test func `a signal before the wait is not lost`() async throws {
        let wakeup = Wakeup()
        wakeup.signal()
        wakeup.signal()
        try await wakeup.wait()
        let pool = TaskPool()
        var rang = false
        pool.spawn {
            try? await wakeup.wait()
            rang = true
        }
        await settle()
        #expect(!rang)
        wakeup.signal()
        await pool.drain()
        #expect(rang)
    }
}

@Suite(.loop) struct ServeTests {
    private struct Part: Service {
        let work: @Loop @Sendable (Stop) async throws -> Void
        func run(until stop: Stop) async throws { try await work(stop) }
    }

    @Loop @Test func `services end after the stop`() async throws {
        let stop = Stop()
        var ended = 0
        let part = Part { stop in
            await stop.requested()
            ended += 1
        }
        let pool = TaskPool()
        pool.spawn {
            await settle()
            stop.request()
        }
        try await serve([part, part], until: stop, grace: .seconds(5), clock: ManualClock())
        #expect(ended == 2)
    }

    @Loop @Test func `a service that does not end is cut off after the grace`() async throws {
        let (stop, clock) = (Stop(), ManualClock())
        let part = Part { _ in try await clock.sleep(for: .seconds(3600)) }
        let pool = TaskPool()
        pool.spawn {
            stop.request()
            await settle()
            clock.advance(by: .seconds(10))
        }
        await #expect(throws: GraceExceeded.self) {
            try await serve([part], until: stop, grace: .seconds(10), clock: clock)
        }
    }

    @Loop @Test func `an error of one service ends the others`() async throws {
        let part = Part { stop in
            await withTaskCancellationHandler {
                await stop.requested()
            } onCancel: {
            }
        }
        let broken = Part { _ in throw SystemError("listen", code: 98) }
        await #expect(throws: SystemError.self) {
            try await serve(
                [part, broken],
                until: Stop(),
                grace: .seconds(5),
                clock: ManualClock()
            )
        }
    }
}

@Suite struct TimestampTests {
    @Test(arguments: [
        (0, "1970-01-01T00:00:00.000Z"), (1_795_199_372_123, "2026-11-20T18:29:32.123Z"),
        (-1, "1969-12-31T23:59:59.999Z"),
    ])
    func `a timestamp prints as RFC 3339`(milliseconds: Int64, text: String) {
        #expect(Timestamp(milliseconds: milliseconds).description == text)
    }

    @Test(arguments: [Int64.max, .min, .max - 1, 1 << 62, -(1 << 62), 253_402_300_800_000])
    func `any number is a date, and no sum of it traps`(milliseconds: Int64) {
        let time = Timestamp(milliseconds: milliseconds)
        #expect(time.description.count >= 21)
        for duration in [Duration.seconds(Int64.max), .seconds(Int64.min), .zero, .seconds(1)] {
            _ = (time + duration).description
        }
        for other in [Int64.max, .min, 0] {
            let gap = time - Timestamp(milliseconds: other)
            #expect((gap >= .zero) == (time >= Timestamp(milliseconds: other)))
        }
        _ = [time.startOfDay, time.endOfDay, time.startOfMonth, time.endOfMonth].map(\.description)
    }

    @Test(arguments: [Int64.max, .min, 0, 1, -1])
    func `no sum of an instant traps`(nanoseconds: Int64) {
        let instant = Instant(nanoseconds: nanoseconds)
        for other in [Int64.max, .min, 0] {
            let gap = instant - Instant(nanoseconds: other)
            #expect((gap >= .zero) == (instant >= Instant(nanoseconds: other)))
        }
        #expect(instant + .seconds(Int64.max) >= instant)
        #expect(instant + .seconds(Int64.min) <= instant)
    }

    @Test func `a day is from midnight to midnight`() {
        let noon = Timestamp(milliseconds: 1_795_176_000_000)
        #expect(noon.endOfDay - noon.startOfDay == .seconds(86400))
        #expect(noon.startOfDay <= noon && noon < noon.endOfDay)
    }
}

@Loop private func isOnLoop() -> Bool { EventLoop.shared.isHere }

/// An owner of a timer whose action holds the owner.
@Loop private final class TimerOwner {
    var timer: Timer?
    var calls = 0
}
