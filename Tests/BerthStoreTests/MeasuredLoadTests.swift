import BerthLoop
import BerthMemory
import BerthStore
import BerthTestKit
import Testing

/// What a forecast is made from.
@Suite(.loop) struct MeasuredLoadTests {
    @Loop @Test func `an empty database has done nothing`() async throws {
        let fixture = try await StoreFixture()
        let load = try await fixture.database.read { store throws(StoreError) in
            try store.measuredLoad(since: StoreFixture.noon)
        }
        #expect(load == MeasuredLoad())
    }

    @Loop @Test func `turns, calls and their time are counted since the start asked for`()
        async throws
    {
        let fixture = try await StoreFixture()
        let noon = StoreFixture.noon
        for hour in [0, 1, 1] {
            let call = try await fixture.reserve(tokens: 5, at: noon + .seconds(3600 * hour))
            _ = try await fixture.database.write { store throws(StoreError) in
                try store.settle(
                    call,
                    at: CallCost(inputTokens: 1, outputTokens: 1, micros: 1, isEstimated: false),
                    now: noon + .seconds(3600 * hour + 4)
                )
            }
        }
        _ = try await fixture.turn("t")
        let loads = try await fixture.database.read { store throws(StoreError) in
            [
                try store.measuredLoad(since: noon),
                try store.measuredLoad(since: noon + .seconds(7200)),
            ]
        }
        #expect(loads[0].turns == 1 && loads[0].tenantDays == 1 && loads[0].requests == 3)
        #expect(loads[0].busiestCalls == 2 && loads[0].busiestTenants == 1)
        #expect(loads[0].providers == [.init(name: "demo", calls: 3, seconds: 4)])
        #expect(loads[1].busiestCalls == 0 && loads[1].providers.isEmpty)
    }

    @Loop @Test func `SQLite says what it holds`() async throws {
        let fixture = try await StoreFixture()
        let memory = SQLiteMemory.read()
        #expect(memory.used > memory.pages && memory.pages > .zero)
        _ = fixture
    }
}
