import BerthLoop
import BerthStore
import BerthTestKit
import Testing

/// The jobs of API calls, which no turn goes on with after a kill.
@Suite(.loop) struct OpenOrderTests {
    private let noon = StoreFixture.noon
    private static let name = [UInt8](repeating: 7, count: 32)
    private static let key = IdempotencyKey(
        name: [UInt8](repeating: 1, count: 32),
        request: [UInt8](repeating: 2, count: 32)
    )

    /// A call of the API whose provider keeps its job.
    private func order(
        _ fixture: StoreFixture,
        _ name: [UInt8]? = name,
        key: IdempotencyKey? = nil
    ) async throws -> Call.ID {
        var reservation = fixture.reservation()
        reservation.key = key
        let call = try await fixture.store.startCall(reservation, at: noon)
        #expect(try await fixture.store.keepJob("job", of: call, as: name))
        return call
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `the job of an API call is found after a kill, until the call is settled`(
        engine: StoreEngine
    ) async throws {
        let fixture = try await StoreFixture(engine)
        let call = try await order(fixture)
        let keyed = try await order(fixture, nil, key: Self.key)
        let plain = try await fixture.call()
        let store = try await fixture.restarted()
        let found = try await store.recover(at: noon)
        #expect(found.calls == 1 && found.jobs == 2)
        #expect(try await store.call(plain)?.state == .uncertain)
        let orders = try await store.openOrders(after: nil, limit: 9)
        #expect(orders.map(\.call.id) == [call, keyed] && orders.map(\.job) == ["job", "job"])
        #expect(orders.map(\.name) == [Self.name, nil] && orders.map(\.key) == [nil, Self.key])
        #expect(orders[0].call.reserved[.micros] == 100)
        #expect(try await store.openOrders(after: call, limit: 9).map(\.call.id) == [keyed])
        #expect(try await store.openOrders(after: nil, limit: 1).map(\.call.id) == [call])
        #expect(try await store.settle([fixture.settlement(call)], at: noon) == [true])
        #expect(try await store.releaseCall(keyed, at: noon))
        #expect(try await store.openOrders(after: nil, limit: 9).isEmpty)
        #expect(try await store.recover(at: noon) == Recovery())
        let usage = try await store.usage(of: fixture.tenant.id, on: noon)
        #expect(usage.micros == 177 && usage.reserved == Amounts())
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `a job belongs to its call's running step, or else to the call`(
        engine: StoreEngine
    ) async throws {
        let fixture = try await StoreFixture(engine)
        let turn = try await fixture.turn("t-1")
        let (first, second) = (try await fixture.call(turn), try await fixture.call(turn))
        #expect(try await fixture.store.keepJob("step", of: first, as: Self.name))
        #expect(try await fixture.store.stepsWithJob(after: nil, limit: 9).map(\.job) == ["step"])
        #expect(try await fixture.store.openOrders(after: nil, limit: 9).isEmpty)
        // Others wait for the order of a turn that was stopped.
        try await fixture.store.finishTurn(turn, as: TurnOutcome(.stopped, answer: ""), at: noon)
        #expect(try await fixture.store.keepJob("call", of: second, as: Self.name))
        let store = try await fixture.restarted()
        #expect(try await store.recover(at: noon).jobs == 1)
        #expect(try await store.openOrders(after: nil, limit: 9).map(\.job) == ["call"])
        _ = try await store.releaseCall(second, at: noon)
        #expect(try await !store.keepJob("late", of: second, as: Self.name))
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `the order of a removed tenant is closed`(engine: StoreEngine) async throws {
        let fixture = try await StoreFixture(engine)
        let call = try await order(fixture)
        _ = try await fixture.store.removeTenant(fixture.tenant.id)
        let store = try await fixture.restarted()
        let found = try await store.recover(at: noon)
        #expect(found.calls == 1 && found.jobs == 0)
        #expect(try await store.call(call)?.state == .uncertain)
        #expect(try await store.openOrders(after: nil, limit: 9).isEmpty)
    }
}
