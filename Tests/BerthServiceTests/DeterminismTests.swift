import BerthConfig
import BerthHTTP
import BerthLoop
import BerthMemory
import BerthService
import BerthTelemetry
import BerthTestKit
import Testing

/// Determinism: a service is a function of its configuration, its edges and its requests.
@Suite(.loop, .timeLimit(.minutes(5))) struct DeterminismTests {
    @Loop @Test func `the same seed gives the same event log, byte for byte`() async throws {
        let first = try await VirtualWorld.events(seed: 7)
        let second = try await VirtualWorld.events(seed: 7)
        let differing = zip(first, second).filter { $0 != $1 }.map { "\($0)\n\($1)" }
        #expect(differing == [] && first.count == second.count)
        #expect(first.count { $0.contains("event: done") } == VirtualWorld.turns)
        #expect(first.count { $0.contains(" turn ") } >= VirtualWorld.turns)
    }

    @Loop @Test func `another seed gives another event log`() async throws {
        let first = try await VirtualWorld.events(seed: 7)
        let second = try await VirtualWorld.events(seed: 8)
        let isSame = first == second
        #expect(!isSame)
        // Only ids, secrets and cookies differ, so both have the same number of events.
        #expect(first.count == second.count)
    }
}
