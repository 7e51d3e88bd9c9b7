import BerthAdmin
import BerthHTTP
import BerthLoop
import BerthService
import BerthSimulation
import BerthTestKit
import Testing

/// The composition makes a service that is a function of its configuration, its edges and its
/// requests.
///
/// The event log of a service is everything that can be seen of it from outside: the lines of its
/// log, the header of every answer, and its bytes as they are read, with their ids, in the order in
/// which they came. Each service answers simulated users in virtual time, over a network and a
/// database in memory. No thread besides the loop's and no file has a part in it.
@Suite(.loop, .timeLimit(.minutes(15))) struct DeterminismTests {
    /// Users ask for a minute.
    ///
    /// The clock moves while the loop has nothing ready, so other tests on it slow this one down.
    @Loop private func live(
        seed: UInt64,
        faults: Int = 0,
        telegram: Int = 0
    ) async throws -> (SimulationReport, events: [String]) {
        let plan = SimulationPlan(
            users: 3,
            seconds: 60,
            seed: seed,
            telegram: telegram,
            isVirtual: true
        )
        let day = VirtualDay(plan, faults: faults, events: EventLog(keepsEvents: true))
        let report = try await day.run()
        return (report, day.events.events)
    }

    @Loop @Test(arguments: [0, 30])
    func `the same seed gives the same event log, byte for byte`(faults: Int) async throws {
        let (report, first) = try await live(seed: 7, faults: faults)
        let (again, second) = try await live(seed: 7, faults: faults)
        let differing = zip(first, second).filter { $0 != $1 }.map { "\($0)\n\($1)" }
        #expect(differing.first == nil && first.count == second.count)
        #expect(report.virtual == again.virtual)
        #expect(report.tally.turns == again.tally.turns)
        #expect(report.tally.turns.answered >= 10)
        #expect(
            first.contains { $0.contains("event: done") }
                && first.contains { $0.contains("[DONE]") }
        )
    }

    @Loop @Test(arguments: [0, 30])
    func `users of Telegram are answered in order and once, as the seed says`(
        faults: Int
    ) async throws {
        let (report, first) = try await live(seed: 7, faults: faults, telegram: 3)
        let (again, _) = try await live(seed: 7, faults: faults, telegram: 3)
        #expect(first.contains { $0.contains("editMessageText") || $0.contains("message_id") })
        #expect(report.virtual == again.virtual)
        let turns = report.tally.byInterface[.telegram]
        #expect(turns?.answered ?? 0 >= 5 && turns?.lost == 0)
        #expect((turns?.refused ?? 0 > 0) == (faults > 0))
        #expect(report.tally.inOrder == turns?.answered && report.tally.doubled == 0)
        #expect(report.telegram?.early == 0 && report.telegram?.floods == 0)
        #expect(report.telegram?.faults == [] && report.isGood)
        #expect(report.tally.worstFinal < .seconds(30))
    }

    @Loop @Test func `another seed gives another event log`() async throws {
        let (first, _) = try await live(seed: 7)
        let (second, _) = try await live(seed: 8)
        #expect(first.virtual?.digest != second.virtual?.digest)
    }

    @Loop @Test func `nothing is lost or bought twice at a provider that fails`() async throws {
        let plan = SimulationPlan(users: 8, seconds: 240, seed: 3, isVirtual: true)
        let report = try await VirtualDay(plan, faults: 40).run()
        let turns = report.tally.turns
        #expect(turns.lost == 0 && report.virtual?.boughtTwice == 0)
        #expect(turns.answered > 10 && turns.refused > 5)
        #expect(turns.answered + turns.refused == turns.asked)
        #expect(report.virtual?.micros ?? 0 > 0 && report.isGood)
    }

    @Loop @Test func `the admin socket of a service in memory is a name of its network`()
        async throws
    {
        let settings = SimulationSettings(users: 1, upstream: VirtualService.upstream)
        let world = try await VirtualService(settings, seed: 1, events: EventLog()) { _ in
            { _ in .error(500, "nobody asks") }
        }
        var request = HTTPClientRequest(method: "GET", url: "http://localhost/healthz")
        request.unixSocket = AdminServer.socketName
        let status = try? await world.network.send(request).status
        await world.end()
        #expect(status == 200)
    }
}
