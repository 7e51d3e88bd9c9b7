import BerthLoop
import BerthMemory
import CLinux
import Glibc
import Synchronization
package import Testing

/// A trait that runs a suite's tests with the loop as their preferred executor, a bounded number of
/// them at a time.
///
/// The tests themselves are `@Loop @Test func`, because a preferred executor gives no isolation.
package struct OnLoop: SuiteTrait, TestTrait, TestScoping {
    package let isRecursive = true

    package func provideScope(
        for test: Test,
        testCase: Test.Case?,
        performing body: @Sendable @concurrent () async throws -> Void
    ) async throws {
        TestLoop.start
        if testCase != nil { await Turnstile.all.enter() }
        defer { if testCase != nil { Turnstile.all.leave() } }
        let census = LeaseCensus()
        try await withTaskExecutorPreference(EventLoop.shared) {
            try await LeaseCensus.$current.withValue(census) { try await body() }
            await OnLoop.expectNothingLeased(census, in: test)
        }
    }

    /// Fails a test that ends with bytes leased from a budget that was made in it.
    ///
    /// Such bytes are a leak in the test or in the code under test.
    private static func expectNothingLeased(_ census: LeaseCensus, in test: Test) async {
        #if DEBUG
        guard !test.isSuite else { return }
        let isOver = await eventually { census.leased.isEmpty }
        let left = census.leased.map { "\($0.held) of \($0.account)" }.joined(separator: ", ")
        if !isOver { Issue.record("still leased at the end of the test: \(left)") }
        #endif
    }
}

extension Trait where Self == OnLoop {
    /// The trait that runs a suite's tests on the loop's thread.
    package static var loop: OnLoop { OnLoop() }
}

/// The bound of the test cases that share the loop, in the order in which they came.
///
/// Without it all two thousand would begin at once, and each would last as long as all of them:
/// deadlines of libcurl, Redis and SQLite, which are in real time, would then pass.
///
/// The wait for a place counts within a test's time limit, so the limits are long.
private final class Turnstile: Sendable {
    /// Many enough that cases which wait do not leave the loop idle.
    static let all = Turnstile(places: 24)

    private struct State {
        var free: Int
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private let state: Mutex<State>

    init(places: Int) { state = Mutex(State(free: places)) }

    func enter() async {
        await withCheckedContinuation { continuation in
            let isFree = state.withLock { state in
                guard state.free == 0 else {
                    state.free -= 1
                    return true
                }
                state.waiting.append(continuation)
                return false
            }
            if isFree { continuation.resume() }
        }
    }

    func leave() {
        let next: CheckedContinuation<Void, Never>? = state.withLock { state in
            guard state.waiting.isEmpty else { return state.waiting.removeFirst() }
            state.free += 1
            return nil
        }
        next?.resume()
    }
}

/// The loop's thread in a test process, started by the first suite that needs it.
private enum TestLoop {
    static let start: Void = {
        Signals.ignorePipe()
        FileDescriptors.raiseLimit()
        var thread = pthread_t()
        let code = unsafe pthread_create(&thread, nil, testLoopMain, nil)
        precondition(code == 0, "no thread for the loop: errno \(code)")
    }()
}

private nonisolated func testLoopMain(_: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    EventLoop.shared.run { await Stop().requested() }  // runs until the process ends
    return nil
}
