import BerthLoop
import BerthStore
import BerthTestKit
import Testing

/// What an operator is shown of what went wrong.
@Suite(.loop) struct TroublesTests {
    private let noon = StoreFixture.noon

    @Loop @Test func `what failed or is uncertain is listed newest first, calls of the API too`()
        async throws
    {
        let fixture = try await StoreFixture()
        let noon = noon
        for (minute, name) in ["old", "failed", "lost", "done", "waiting"].enumerated() {
            let turn = try await fixture.turn(name)
            try await fixture.database.write { store throws(StoreError) in
                guard name != "waiting" else { return }
                try store.startTurn(turn)
                guard name != "lost" else { return }
                let end = TurnOutcome.End(rawValue: name) ?? .failed
                try store.finishTurn(
                    turn,
                    as: TurnOutcome(end, answer: "secret", error: "why", model: "p/m"),
                    at: noon + .seconds(60 * minute)
                )
            }
        }
        let call = try await fixture.reserve(tokens: 5)
        let lost = try await fixture.database.write { store throws(StoreError) in
            (
                try store.loseRunningTurns(at: noon + .seconds(600)),
                try store.chargeOpenCalls(at: noon + .seconds(900))
            )
        }
        #expect(lost == (1, 1))
        let (all, one, counts) = try await fixture.database.read { store throws(StoreError) in
            let start = noon + .seconds(60)
            return (
                try store.troubles(since: start, limit: 10),
                try store.troubles(since: start, limit: 1),
                [try store.failedTurns(since: start), try store.uncertainCalls(since: start)]
            )
        }
        #expect(all.map(\.subject) == [.call(call), .turn("lost"), .turn("failed")])
        #expect(all.map(\.state) == [.uncertain, .uncertain, .failed])
        #expect(all.map(\.reason) == [nil, nil, "why"])
        #expect(all.map(\.model) == ["demo/m", nil, "p/m"])
        #expect(all.map(\.attempts) == [1, 1, 1])
        #expect(all.last?.ended == noon + .seconds(60))
        #expect(one.map(\.subject) == [.call(call)])
        #expect(counts == [1, 1])
    }

    @Loop @Test func `a turn's uncertain call is counted, not listed beside its turn`()
        async throws
    {
        let fixture = try await StoreFixture()
        let (noon, tenant, turn) = (noon, fixture.tenant.id, try await fixture.turn("t-1"))
        let (listed, count) = try await fixture.database.write { store throws(StoreError) in
            try store.startTurn(turn)
            let reservation = Reservation(
                tenant: tenant,
                turn: turn,
                provider: "p",
                model: "m",
                tokens: 1,
                micros: 1
            )
            _ = try store.reserve(reservation, at: noon)
            _ = try store.loseRunningTurns(at: noon)
            _ = try store.chargeOpenCalls(at: noon)
            return (
                try store.troubles(since: noon, limit: 10), try store.uncertainCalls(since: noon)
            )
        }
        #expect(listed.map(\.subject) == [.turn("t-1")] && count == 1)
    }
}
