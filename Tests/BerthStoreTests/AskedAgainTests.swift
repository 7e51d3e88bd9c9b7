import BerthLoop
import BerthStore
import BerthTestKit
import Testing

/// Turns that a kill has cut off and that the next start asks again.
///
/// A call of the fixture holds 100 millionths of a dollar.
@Suite(.loop) struct AskedAgainTests {
    private let noon = StoreFixture.noon

    /// The traces of a kill at the first call of a turn, after `change`.
    private func found(
        below limit: Int64,
        _ engine: StoreEngine = .memory,
        _ change: (StoreFixture, Turn.ID, Call.ID) async throws -> Void = { _, _, _ in }
    ) async throws -> (store: any Store, turn: Turn.ID, Call.ID, Recovery, Tenant.ID) {
        let fixture = try await StoreFixture(engine)
        let turn = try await fixture.turn("t-1")
        let call = try await fixture.call(turn)
        try await change(fixture, turn, call)
        let store = try await fixture.restarted()
        let found = try await store.recover(at: noon, askingAgainBelow: limit)
        return (store, turn, call, found, fixture.tenant.id)
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `a cheap turn is accepted again, and the house bears its call`(
        engine: StoreEngine
    ) async throws {
        let (store, turn, call, found, tenant) = try await found(below: 101, engine) {
            fixture,
            turn,
            _ in
            _ = try await fixture.store.savePartialAnswer("half", of: turn)
        }
        #expect(found.askedAgain == 1 && found.turns == 0 && found.calls == 0)
        let row = try await store.turn(publicID: "t-1")
        #expect(row?.state == .accepted && row?.answer == "" && row?.finished == nil)
        #expect(try await store.steps(of: turn).map(\.state) == [.uncertain])
        let lost = try await store.call(call)
        #expect(lost?.state == .absorbed && lost?.settled == lost?.reserved)
        // The tenant is charged nothing, not even a request.
        let usage = try await store.usage(of: tenant, on: noon)
        #expect(usage.settled == Amounts() && usage.reserved == Amounts())
        #expect(try await store.spend(since: noon)[tenant] == 0)
        let house = try await store.usage(from: noon, through: noon).filter {
            $0.tenant == Tenant.house
        }
        #expect(house.map(\.micros) == [100] && house.map(\.tokens) == [500])
        let counts = try await store.troubleCounts(since: noon)
        #expect(counts.absorbedCalls == 1 && counts.absorbedMicros == 100)
        #expect(counts.uncertainCalls == 0)
        #expect(try await store.troubles(since: noon, limit: 9).isEmpty)
    }

    /// Limits at a call of 100, and whether its turn is asked again.
    private static let limits: [(limit: Int64, isAskedAgain: Bool)] = [
        (0, false), (99, false), (100, false), (101, true), (10_000, true),
    ]

    @Loop @Test(arguments: limits)
    func `a turn that holds the limit or more is a person's to ask again`(
        limit: Int64,
        isAskedAgain: Bool
    ) async throws {
        let (store, _, call, found, tenant) = try await found(below: limit)
        #expect(found.askedAgain == (isAskedAgain ? 1 : 0))
        #expect(found.turns == (isAskedAgain ? 0 : 1))
        let state = try await store.turn(publicID: "t-1")?.state
        #expect(state == (isAskedAgain ? .accepted : .uncertain))
        #expect(try await store.call(call)?.state == (isAskedAgain ? .absorbed : .uncertain))
        let micros = try await store.usage(of: tenant, on: noon).micros
        #expect(micros == (isAskedAgain ? 0 : 100))
    }

    @Loop @Test func `a free call is asked again unless that is turned off`() async throws {
        for limit in [0, 1] as [Int64] {
            let fixture = try await StoreFixture(.memory)
            var reservation = fixture.reservation(try await fixture.turn("t-1"))
            reservation.amounts[.micros] = 0
            _ = try await fixture.store.startCall(reservation, at: noon)
            let store = try await fixture.restarted()
            let found = try await store.recover(at: noon, askingAgainBelow: limit)
            #expect(found.askedAgain == Int(limit))
        }
    }

    @Loop @Test func `a turn is asked again once, whatever becomes of it`() async throws {
        let fixture = try await StoreFixture(.memory)
        let turn = try await fixture.turn("t-1")
        _ = try await fixture.call(turn)
        var store = try await fixture.restarted()
        #expect(try await store.recover(at: noon, askingAgainBelow: 1000).askedAgain == 1)
        // The second kill comes while it is asked again, the third after a person's wish.
        for _ in 0..<2 {
            _ = try await store.startCall(fixture.reservation(turn), at: noon)
            store = try await fixture.restarted()
            let found = try await store.recover(at: noon, askingAgainBelow: 1000)
            #expect(found.askedAgain == 0 && found.turns == 1 && found.calls == 1)
            #expect(try await store.turn(publicID: "t-1")?.state == .uncertain)
            #expect(try await store.retryTurn(turn))
        }
        let counts = try await store.troubleCounts(since: noon)
        #expect(counts.absorbedCalls == 1 && counts.uncertainCalls == 2)
        #expect(try await store.usage(of: fixture.tenant.id, on: noon).micros == 200)
    }

    @Loop @Test func `a kill between the start and the next call asks no second time`()
        async throws
    {
        let fixture = try await StoreFixture(.memory)
        _ = try await fixture.call(try await fixture.turn("t-1"))
        var store = try await fixture.restarted()
        for expected in [1, 0, 0] {
            let found = try await store.recover(at: noon, askingAgainBelow: 1000)
            #expect(found.askedAgain == expected && found.turns == 0)
            #expect(try await store.turn(publicID: "t-1")?.state == .accepted)
            store = try await fixture.restarted()
        }
        #expect(try await store.troubleCounts(since: noon).absorbedMicros == 100)
    }

    /// Changes of a turn after which a person must ask again.
    private static let obstacles:
        [(name: String, change: @Sendable (StoreFixture, Turn.ID, Call.ID) async throws -> Void)] =
            [
                (
                    "another call",
                    { fixture, turn, _ in _ = try await fixture.call(turn) }
                ),
                (
                    "a tool's step",
                    { fixture, turn, call in
                        let step = try #require(try await fixture.store.call(call)?.step)
                        var outcome = StepOutcome(isDone: true)
                        outcome.next = [StepDraft(.toolCall)]
                        _ = try await fixture.store.finishStep(step, as: outcome, at: noon)
                        _ = try await fixture.call(turn)
                    }
                ),
                (
                    "a charged answer that was not written",
                    { fixture, turn, call in
                        try await fixture.store.settle(
                            [fixture.settlement(call, turn)],
                            at: StoreFixture.noon
                        )
                    }
                ),
                (
                    "a suspended tenant",
                    { fixture, _, _ in
                        _ = try await fixture.store.suspendTenant(fixture.tenant.id)
                    }
                ),
            ]

    private static let noon = StoreFixture.noon

    @Loop @Test(arguments: obstacles.indices)
    func `work that is not one cheap question is a person's to ask again`(
        index: Int
    ) async throws {
        let (name, change) = Self.obstacles[index]
        let (store, _, _, found, _) = try await found(below: 150, .memory, change)
        #expect(found.askedAgain == 0 && found.turns == 1, "\(name)")
        #expect(try await store.turn(publicID: "t-1")?.state == .uncertain, "\(name)")
    }

    @Loop @Test func `pictures and API calls are a person's to ask again`() async throws {
        let fixture = try await StoreFixture(.memory)
        var draft = fixture.draft("t-1")
        draft.kind = .image
        let turn = try await fixture.store.acceptTurn(draft, at: noon)
        _ = try await fixture.call(turn)
        _ = try await fixture.call()
        let store = try await fixture.restarted()
        let found = try await store.recover(at: noon, askingAgainBelow: 1000)
        #expect(found.askedAgain == 0 && found.turns == 1 && found.calls == 2)
    }

    @Loop @Test func `a turn between two models is asked again at nobody's cost`() async throws {
        let (store, _, call, found, tenant) = try await found(below: 1) { fixture, _, call in
            try await fixture.store.releaseCall(call, at: StoreFixture.noon)
        }
        #expect(found.refused == 1 && found.askedAgain == 0)
        #expect(try await store.call(call)?.state == .released)
        #expect(try await store.usage(of: tenant, on: noon).requests == 0)
        #expect(try await store.troubleCounts(since: noon).absorbedCalls == 0)
    }
}
