import BerthConfig
import BerthHTTP
import BerthLoop
import BerthMemory
import BerthService
import BerthTelemetry
import BerthTestKit
import Testing

/// The composition makes a service that is a function of its configuration, its edges and its
/// requests.
///
/// The event log of a service is everything that can be seen of it from outside: the lines of its
/// log, the status and the header of every answer, and the server-sent events of every turn with
/// their ids, in the order in which they came. Each service answers ten turns on a clock that the
/// test moves, over a network and a database in memory. No thread besides the loop's and no file
/// has a part in it.
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
        #expect(second.count { $0.contains("event: done") } == VirtualWorld.turns)
    }

    @Loop @Test func `the admin socket of a service in memory is a name of its network`()
        async throws
    {
        #expect(try await VirtualWorld.statusOfAdminSocket() == 200)
    }
}
