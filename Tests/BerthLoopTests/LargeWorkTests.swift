import BerthLoop
import BerthTestKit
import Testing

/// Work on large texts, off the loop.
@Suite(.loop, .timeLimit(.minutes(20))) struct LargeWorkTests {
    private struct Refused: Error, Equatable {}

    @Loop @Test func `small work is done in place, large work elsewhere`() async {
        let small = await LargeWork.run(on: LargeWork.limit) { EventLoop.shared.isHere }
        let large = await LargeWork.run(on: LargeWork.limit + 1) { EventLoop.shared.isHere }
        let isBack = EventLoop.shared.isHere
        #expect(small && !large && isBack)
    }

    @Loop @Test func `the error of large work reaches its caller`() async {
        for size in [0, LargeWork.limit + 1] {
            await #expect(throws: Refused()) {
                try await LargeWork.run(on: size) { () throws(Refused) -> Int in throw Refused() }
            }
        }
    }

    @Loop @Test func `the loop goes on during large work`() async {
        let gate = ThreadGate()
        async let large = LargeWork.run(on: LargeWork.limit + 1) { gate.pass() }
        try? await gate.reached.wait()  // an event of the loop
        gate.open()
        await large
    }

    @Loop @Test func `a worker without work ends its thread, and starts it again`() async {
        let worker = Worker(name: "test-linger", linger: .milliseconds(1))
        for _ in 0..<200 {
            let wasOnLoop = await worker.run { EventLoop.shared.isHere }
            #expect(!wasOnLoop)
        }
        let clock = SystemClock()
        for _ in 0..<20 {
            let bell = Wakeup()
            clock.schedule(after: .milliseconds(3)) { bell.signal() }
            try? await bell.wait()
            let wasOnLoop = await worker.run { EventLoop.shared.isHere }
            #expect(!wasOnLoop)
        }
    }

    @Loop @Test func `a worker that nothing uses ends with its thread`() async {
        weak var worker: Worker?
        do {
            let made = Worker(name: "test-end", linger: .milliseconds(1))
            await made.run {}
            worker = made
        }
        let clock = SystemClock()
        for _ in 0..<10_000 where worker != nil {
            let bell = Wakeup()
            clock.schedule(after: .milliseconds(3)) { bell.signal() }
            try? await bell.wait()
        }
        #expect(worker == nil)
    }
}
