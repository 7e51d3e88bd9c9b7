import BerthLoop
import BerthMemory
import CLinux
import Glibc
package import Testing

/// A trait that runs a suite's tests with the loop as their preferred executor.
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

/// Runs all jobs that are ready, and the jobs that they make ready, for `turns` turns.
///
/// It is for tests with a ``ManualClock``, and does not wait for the network or for threads.
@Loop package func settle(turns: Int = 20) async {
    for _ in 0..<turns { await Task.yield() }
}
