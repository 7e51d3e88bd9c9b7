import BerthTestKit
import Glibc
import Testing

@testable import BerthLoop
@testable import BerthTelemetry

/// The watchdog of the loop's turns.
@Suite(.loop, .timeLimit(.minutes(20))) struct StallReportsTests {
    /// Keeps the loop from its descriptors.
    @Loop private func spin(_ milliseconds: Int64) {
        let end = processorTime + .milliseconds(milliseconds)
        while processorTime < end {}
    }

    /// The processor time of this thread.
    private var processorTime: Duration {
        var time = timespec()
        unsafe clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return .seconds(Int64(time.tv_sec)) + .nanoseconds(Int64(time.tv_nsec))
    }

    private func stall(_ milliseconds: Int64) -> LoopStall {
        LoopStall(
            turn: .milliseconds(milliseconds),
            longest: .milliseconds(milliseconds - 1),
            kind: .task,
            label: WorkLabel("/v1/x", tenant: "ann", request: "req-1")
        )
    }

    @Loop @Test func `a turn that takes too long names its longest piece`() {
        let watch = StallWatch()
        var stalls: [LoopStall] = []
        let observer = watch.observe { stalls.append($0) }
        watch.look()
        watch.label = WorkLabel("short")
        watch.ended(.timer)
        watch.label = WorkLabel("a test", tenant: "ann", request: "req-7")
        spin(12)
        watch.ended(.descriptor)
        watch.ended(.task)
        watch.end()
        #expect(stalls.count == 1, "time without the processor is no work")
        let stall = stalls.first
        #expect(stall?.label?.work == "a test" && stall?.label?.tenant == "ann")
        #expect(stall?.label?.request == "req-7" && stall?.kind == .descriptor)
        #expect(stall.map { $0.longest >= .milliseconds(12) && $0.turn >= $0.longest } == true)
        watch.look()
        spin(12)
        watch.ended(.task)
        watch.end()
        #expect(stalls.count == 2 && stalls.last?.label == nil, "a name ends with its piece")
        watch.look()
        watch.ended(.task)
        watch.end()
        watch.look()
        for _ in 0..<12 {
            spin(1)
            watch.ended(.task)
        }
        watch.end()
        #expect(stalls.count == 2, "short pieces are many requests")
        watch.remove(observer)
        watch.look()
        spin(12)
        watch.end()
        #expect(stalls.count == 2)
    }

    @Loop @Test func `a turn that began unobserved is not judged by the time before`() {
        let watch = StallWatch()
        var stalls: [LoopStall] = []
        spin(20)
        watch.look()
        for _ in 0..<12 {
            spin(1)
            watch.ended(.task)
        }
        let observer = watch.observe { stalls.append($0) }
        watch.end()
        #expect(stalls.isEmpty)
        watch.look()
        spin(12)
        watch.ended(.task)
        watch.end()
        #expect(stalls.count == 1)
        watch.remove(observer)
    }

    @Loop @Test func `the loop watches itself`() async {
        var longest = Duration.zero
        let observer = Loop.observeStalls { longest = max(longest, $0.turn) }
        defer { observer.cancel() }
        spin(20)
        await Task.yield()
        let isSeen = await eventually { longest >= .milliseconds(20) }
        #expect(isSeen)
    }

    @Loop @Test func `stalls are counted, and logged at most each ten seconds`() {
        let (lines, clock) = (LogLines(), ManualClock())
        let surroundings = Surroundings.quiet(clock, log: lines.log)
        let reports = StallReports(in: surroundings)
        reports.report(stall(7))
        #expect(lines.all.count == 1)
        let line = lines.all.first ?? ""
        for field in [
            "ms=7", "longest_ms=6", "kind=task", "work=/v1/x", "tenant=ann", "request=req-1",
        ] {
            #expect(line.contains(" \(field)"))
        }
        for _ in 0..<3 { reports.report(stall(20)) }
        #expect(lines.all.count == 1)
        clock.advance(by: .seconds(10))
        reports.report(stall(2000))
        #expect(lines.all.count == 2 && lines.all[1].hasSuffix(" stalls=4"))
        #expect(surroundings.metrics.text.contains("berth_loop_stall_seconds_count 5\n"))
    }
}
