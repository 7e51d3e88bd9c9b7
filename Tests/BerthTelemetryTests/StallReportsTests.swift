import BerthTestKit
import Testing

@testable import BerthLoop
@testable import BerthTelemetry

/// The watchdog of the loop's turns.
@Suite(.loop, .timeLimit(.minutes(5))) struct StallReportsTests {
    /// Keeps the loop from its descriptors.
    @Loop private func spin(_ milliseconds: Int64) {
        let clock = SystemClock()
        let begun = clock.now
        while clock.now - begun < .milliseconds(milliseconds) {}
    }

    private func stall(_ milliseconds: Int64) -> LoopStall {
        LoopStall(
            turn: .milliseconds(milliseconds),
            longest: .milliseconds(milliseconds - 1),
            kind: .task,
            label: WorkLabel("/v1/x", tenant: "ann", request: "req-1")
        )
    }

    @Loop @Test func `a turn that takes too long names who has taken it`() async {
        var stalls: [LoopStall] = []
        let observer = Loop.observeStalls { stalls.append($0) }
        defer { observer.cancel() }
        // A longer piece of another test's work may share a turn.
        var found: LoopStall?
        for _ in 0..<100 where found == nil {
            Loop.works(on: WorkLabel("a test", tenant: "ann", request: "req-7"))
            spin(12)
            await Task.yield()
            await Task.yield()
            found = stalls.first { $0.label?.request == "req-7" }
        }
        let stall = found
        #expect(stall?.label?.work == "a test" && stall?.label?.tenant == "ann")
        #expect(stall?.kind == .task)
        #expect(stall.map { $0.longest >= .milliseconds(12) && $0.turn >= $0.longest } == true)
    }

    @Loop @Test func `a timer and a descriptor are named by their kind`() async throws {
        var kinds: [LoopStall.Kind] = []
        let observer = Loop.observeStalls { stall in
            if stall.longest >= .milliseconds(30) { kinds.append(stall.kind) }
        }
        defer { observer.cancel() }
        var isOver = false
        func tick() {
            spin(30)
            if !isOver { SystemClock().schedule(after: .zero) { tick() } }
        }
        tick()
        let hasTimer = await eventually { kinds.contains(.timer) }
        isOver = true
        #expect(hasTimer)
        let pipe = DescriptorPair.pipe()
        let watch = try Watch(pipe.writing, for: .writable) { _ in
            if !kinds.contains(.descriptor) { spin(30) }
        }
        let hasDescriptor = await eventually { kinds.contains(.descriptor) }
        watch.cancel()
        #expect(hasDescriptor)
    }

    @Loop @Test func `a name ends with the piece of work that gave it`() async {
        var labels: [String?] = []
        let observer = Loop.observeStalls { labels.append($0.label?.work) }
        defer { observer.cancel() }
        Loop.works(on: WorkLabel("short"))
        await Task.yield()
        spin(12)
        await Task.yield()
        await Task.yield()
        #expect(!labels.contains("short"))
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
