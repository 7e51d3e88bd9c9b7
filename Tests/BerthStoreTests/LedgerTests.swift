import BerthLoop
import BerthStore
import BerthTestKit
import Testing

@Suite(.loop) struct LedgerTests {
    @Loop @Test func `a call holds its worst case and then costs what it cost`() async throws {
        let fixture = try await StoreFixture()
        let id = try await fixture.reserve(tokens: 500)
        let held = try await fixture.usage()
        #expect((held.requests, held.reservedTokens, held.tokens) == (1, 500, 500))
        let cost = CallCost(inputTokens: 20, outputTokens: 30, micros: 77, isEstimated: false)
        let settled = try await fixture.database.write { store throws(StoreError) in
            let first = try store.settle(id, at: cost, now: StoreFixture.noon)
            let second = try store.settle(id, at: cost, now: StoreFixture.noon)
            let released = try store.release(id, at: StoreFixture.noon)
            return [first, second, released]
        }
        #expect(settled == [true, false, false])
        let used = try await fixture.usage()
        #expect((used.requests, used.inputTokens, used.outputTokens) == (1, 20, 30))
        #expect((used.reservedTokens, used.micros) == (0, 77))
        let call = try await fixture.database.read { store throws(StoreError) in
            try store.call(id)
        }
        #expect(call?.state == .settled)
        #expect(call?.settledMicros == 77)
    }

    @Loop @Test func `a released call leaves no trace in the day`() async throws {
        let fixture = try await StoreFixture()
        let id = try await fixture.reserve(tokens: 500)
        let released = try await fixture.database.write { store throws(StoreError) in
            try store.release(id, at: StoreFixture.noon)
        }
        #expect(released)
        let usage = try await fixture.usage()
        #expect((usage.requests, usage.tokens, usage.micros) == (0, 0, 0))
    }

    @Loop @Test func `a call is charged to the day that it was reserved on`() async throws {
        let fixture = try await StoreFixture()
        let evening = StoreFixture.noon.endOfDay + .seconds(-1)
        let morning = StoreFixture.noon.endOfDay + .seconds(1)
        let id = try await fixture.reserve(tokens: 500, at: evening)
        let cost = CallCost(inputTokens: 1, outputTokens: 2, micros: 3, isEstimated: true)
        try await fixture.database.write { store throws(StoreError) in
            _ = try store.settle(id, at: cost, now: morning)
        }
        let (first, second) = (
            try await fixture.usage(on: evening), try await fixture.usage(on: morning)
        )
        #expect((first.requests, first.tokens, first.micros) == (1, 3, 3))
        #expect((second.requests, second.tokens, second.micros) == (0, 0, 0))
        _ = try await fixture.reserve(tokens: 1, at: morning)
        let days = try await fixture.database.read { store throws(StoreError) in
            try store.usage(from: evening, through: morning)
        }
        #expect(days.map(\.requests) == [1, 1])
    }

    @Loop @Test func `calls left open by an earlier run stay charged`() async throws {
        let fixture = try await StoreFixture()
        let open = try await fixture.reserve(tokens: 500)
        _ = try await fixture.reserve(tokens: 40)
        let counts = try await fixture.database.write { store throws(StoreError) in
            [
                try store.chargeOpenCalls(at: StoreFixture.noon),
                try store.chargeOpenCalls(at: StoreFixture.noon),
            ]
        }
        #expect(counts == [2, 0])
        let usage = try await fixture.usage()
        #expect((usage.requests, usage.reservedTokens, usage.tokens) == (2, 0, 540))
        #expect(usage.micros == 200)
        let call = try await fixture.database.read { store throws(StoreError) in
            try store.call(open)
        }
        #expect(call?.state == .uncertain)
        #expect(call?.settledMicros == 100)
    }

    @Loop @Test func `absurd numbers are clamped, never wrapped`() async throws {
        let fixture = try await StoreFixture()
        for tokens in [Int.max, .min, -1] {
            let id = try await fixture.reserve(tokens: tokens)
            let cost = CallCost(
                inputTokens: tokens,
                outputTokens: .max,
                micros: .max,
                isEstimated: false
            )
            try await fixture.database.write { store throws(StoreError) in
                _ = try store.settle(id, at: cost, now: StoreFixture.noon)
            }
        }
        let usage = try await fixture.usage()
        #expect((usage.inputTokens, usage.outputTokens) == (1 << 40, 3 << 40))
        #expect(usage.reservedTokens == 0)
        let total = try await fixture.database.read { store throws(StoreError) in
            try store.usageTotal()
        }
        #expect((total.requests, total.micros) == (3, 3 << 40))
    }
}
