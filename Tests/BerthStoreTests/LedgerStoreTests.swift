import BerthLoop
import BerthStore
import BerthTestKit
import Testing

@Suite(.loop) struct LedgerStoreTests {
    private let noon = StoreFixture.noon

    @Loop @Test(arguments: StoreEngine.allCases)
    func `a call holds its worst case and then costs what it cost`(
        engine: StoreEngine
    ) async throws {
        let fixture = try await StoreFixture(engine)
        let (store, id) = (fixture.store, try await fixture.call())
        let held = try await fixture.usage()
        #expect((held.requests, held.reservedTokens, held.tokens) == (1, 500, 500))
        let settlement = fixture.settlement(id)
        #expect(try await store.settle([settlement], at: noon) == [true])
        #expect(try await store.settle([settlement], at: noon) == [false])
        #expect(try await !store.releaseCall(id, at: noon))
        let used = try await fixture.usage()
        #expect((used.requests, used.inputTokens, used.outputTokens) == (1, 20, 30))
        #expect((used.reservedTokens, used.micros) == (0, 77))
        let call = try await store.call(id)
        #expect(call?.state == .settled && call?.ended == noon)
        #expect(call?.settled == settlement.cost && call?.settled[.requests] == 1)
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `a released call leaves no trace in the day`(engine: StoreEngine) async throws {
        let fixture = try await StoreFixture(engine)
        let (store, id) = (fixture.store, try await fixture.call())
        #expect(try await store.releaseCall(id, at: noon))
        #expect(try await !store.releaseCall(id, at: noon))
        let usage = try await fixture.usage()
        #expect((usage.requests, usage.tokens, usage.micros) == (0, 0, 0))
        #expect(try await store.call(id)?.state == .released)
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `every amount is reserved and settled by itself`(engine: StoreEngine) async throws {
        let fixture = try await StoreFixture(engine)
        let store = fixture.store
        for amount in Amount.allCases where amount != .requests {
            let before = try await fixture.usage()
            var reservation = fixture.reservation()
            reservation.amounts = Amounts((.requests, 1), (amount, 9))
            let call = try await store.startCall(reservation, at: noon)
            let held = try await fixture.usage()
            #expect(held.reserved == Amounts((.requests, 1), (amount, 9)), "\(amount)")
            var settlement = fixture.settlement(call)
            settlement.cost = Amounts((.requests, 1), (amount, 4))
            try await store.settle([settlement], at: noon)
            let after = try await fixture.usage()
            #expect(after.settled - before.settled == settlement.cost, "\(amount)")
            #expect(after.reserved == Amounts(), "\(amount)")
        }
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `a call is charged to the day that it was reserved on`(engine: StoreEngine) async throws {
        let fixture = try await StoreFixture(engine)
        let evening = noon.endOfDay + .seconds(-1)
        let morning = noon.endOfDay + .seconds(1)
        let id = try await fixture.call(at: evening)
        try await fixture.store.settle([fixture.settlement(id)], at: morning)
        let (first, second) = (
            try await fixture.usage(on: evening), try await fixture.usage(on: morning)
        )
        #expect((first.requests, first.tokens, first.micros) == (1, 50, 77))
        #expect((second.requests, second.tokens, second.micros) == (0, 0, 0))
        _ = try await fixture.call(at: morning)
        let days = try await fixture.store.usage(from: evening, through: morning)
        #expect(days.map(\.requests) == [1, 1])
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `a call keeps its cached tokens and its estimate, and the day their sums`(
        engine: StoreEngine
    ) async throws {
        let fixture = try await StoreFixture(engine)
        for isEstimated in [false, true, true] {
            let id = try await fixture.call()
            var settlement = fixture.settlement(id)
            (settlement.cachedTokens, settlement.cacheWriteTokens) = (12, 5)
            settlement.isEstimated = isEstimated
            try await fixture.store.settle([settlement], at: noon)
            let call = try #require(try await fixture.store.call(id))
            #expect((call.cachedTokens, call.cacheWriteTokens) == (12, 5))
            #expect(call.isEstimated == isEstimated && call.settled[.inputTokens] == 20)
        }
        let released = try await fixture.call()
        try await fixture.store.releaseCall(released, at: noon)
        let usage = try await fixture.usage()
        #expect((usage.cachedTokens, usage.cacheWriteTokens, usage.estimated) == (36, 15, 2))
        let days = try await fixture.store.usage(from: noon, through: noon)
        #expect(days == [usage])
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `absurd numbers are clamped, never wrapped`(engine: StoreEngine) async throws {
        let fixture = try await StoreFixture(engine)
        let store = fixture.store
        for tokens in [Int64.max, .min, -1] {
            let id = try await fixture.call(tokens: tokens)
            var settlement = fixture.settlement(id)
            settlement.cost = Amounts(
                (.requests, 1),
                (.inputTokens, tokens),
                (.outputTokens, .max),
                (.micros, .max)
            )
            try await store.settle([settlement], at: noon)
        }
        let usage = try await fixture.usage()
        #expect((usage.inputTokens, usage.outputTokens) == (1 << 40, 1 << 40))
        #expect(usage.reservedTokens == 0)
        let total = try await store.usageTotal()
        #expect(total.settled[.requests] == 3 && total.settled[.micros] == 1 << 40)
        #expect(try await store.spend(since: noon) == [fixture.tenant.id: 3 << 40])
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `of two settlements of a call at once, one charges`(engine: StoreEngine) async throws {
        let fixture = try await StoreFixture(engine)
        let (store, noon) = (fixture.store, noon)
        let settlement = fixture.settlement(try await fixture.call())
        let results = try await race { _ async throws(StoreError) in
            try await store.settle([settlement], at: noon)
        }
        #expect(try results.count { try $0.get() == [true] } == 1)
        #expect(try await fixture.usage().micros == 77)
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `of a settlement and a release at once, one holds`(engine: StoreEngine) async throws {
        let fixture = try await StoreFixture(engine)
        let (store, noon, call) = (fixture.store, noon, try await fixture.call())
        let settlement = fixture.settlement(call)
        let results = try await race { index async throws(StoreError) in
            index == 0
                ? try await store.settle([settlement], at: noon) == [true]
                : try await store.releaseCall(call, at: noon)
        }
        let isSettled = try results[0].get()
        #expect(try results[1].get() != isSettled)
        #expect(try await fixture.usage().micros == (isSettled ? 77 : 0))
        #expect(try await fixture.usage().reserved == Amounts())
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `a tenant who shares another one's call gets a row when it is settled`(
        engine: StoreEngine
    ) async throws {
        let fixture = try await StoreFixture(engine)
        let store = fixture.store
        let bob = try await store.addTenant(named: "bob", at: noon).id
        let call = try await fixture.call()
        var shared = fixture.settlement(nil)
        shared.reservation.tenant = bob
        let settled = try await store.settle([fixture.settlement(call), shared], at: noon)
        #expect(settled == [true, true])
        let usage = try await store.usage(of: bob, on: noon)
        #expect((usage.requests, usage.tokens, usage.micros) == (1, 50, 77))
        #expect(usage.reserved == Amounts())
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `each of several settlements says whether it charged`(engine: StoreEngine) async throws {
        let fixture = try await StoreFixture(engine)
        let (store, first) = (fixture.store, try await fixture.call())
        let second = try await fixture.call()
        try await store.releaseCall(first, at: noon)
        let settlements = [first, second, RowID(99)].map { fixture.settlement($0) }
        #expect(try await store.settle(settlements, at: noon) == [false, true, false])
        #expect(try await store.settle([], at: noon) == [])
        #expect(try await fixture.usage().requests == 1)
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `an API call has no turn and no step`(engine: StoreEngine) async throws {
        let fixture = try await StoreFixture(engine)
        let call = try await fixture.store.call(try await fixture.call())
        #expect(call?.turn == nil && call?.step == nil && call?.created == noon)
        #expect(call?.provider == "demo" && call?.model == "m" && call?.day == noon.startOfDay)
        #expect(try await fixture.store.call(RowID(99)) == nil)
    }

    // MARK: Calls of turns

    @Loop @Test(arguments: StoreEngine.allCases)
    func `a call begins its turn and a step that asks`(engine: StoreEngine) async throws {
        let fixture = try await StoreFixture(engine)
        let (store, turn) = (fixture.store, try await fixture.turn("t-1"))
        let call = try await fixture.call(turn)
        let row = try await store.turn(publicID: "t-1")
        #expect(row?.state == .running && row?.attempts == 1)
        let steps = try await store.steps(of: turn)
        #expect(steps.map(\.kind) == [.ask] && steps.map(\.state) == [.running])
        #expect(steps[0].call == call)
        #expect(try await store.call(call)?.step == steps[0].id)
        #expect(try await store.call(call)?.turn == turn)
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `a further call of a running turn is no further attempt`(
        engine: StoreEngine
    ) async throws {
        let fixture = try await StoreFixture(engine)
        let (store, turn) = (fixture.store, try await fixture.turn("t-1"))
        try await store.releaseCall(try await fixture.call(turn), at: noon)
        _ = try await fixture.call(turn)
        #expect(try await store.turn(publicID: "t-1")?.attempts == 1)
        #expect(try await store.steps(of: turn).map(\.state) == [.failed, .running])
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `a call begins the waiting step that it names`(engine: StoreEngine) async throws {
        let fixture = try await StoreFixture(engine)
        let (store, turn) = (fixture.store, try await fixture.turn("t-1"))
        let draft = StepDraft(.picture, detail: "a boat")
        let step = try #require(try await store.addStep(draft, to: turn, at: noon))
        var reservation = fixture.reservation(turn)
        reservation.step = step
        let call = try await store.startCall(reservation, at: noon)
        let steps = try await store.steps(of: turn)
        #expect(steps.map(\.id) == [step] && steps[0].state == .running)
        #expect(steps[0].call == call && steps[0].detail == "a boat")
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `a call of a step that does not wait is refused and holds nothing`(
        engine: StoreEngine
    ) async throws {
        let fixture = try await StoreFixture(engine)
        let (store, turn) = (fixture.store, try await fixture.turn("t-1"))
        let draft = StepDraft(.picture)
        let step = try #require(try await store.addStep(draft, to: turn, at: noon))
        _ = try await store.finishStep(step, as: StepOutcome(isDone: true), at: noon)
        var reservation = fixture.reservation(turn)
        reservation.step = step
        let wanted = reservation
        await #expect(throws: StoreError.notFound(what: "waiting step")) {
            _ = try await store.startCall(wanted, at: noon)
        }
        #expect(try await store.turn(publicID: "t-1")?.state == .accepted)
        #expect(try await fixture.usage().reserved == Amounts())
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `a call of a turn that has ended is held without a step`(
        engine: StoreEngine
    ) async throws {
        let fixture = try await StoreFixture(engine)
        let (store, turn) = (fixture.store, try await fixture.answered("t-1", .stopped))
        let call = try await fixture.call(turn)
        let row = try await store.call(call)
        #expect(row?.turn == turn && row?.step == nil && row?.state == .reserved)
        #expect(try await store.turn(publicID: "t-1")?.state == .stopped)
        #expect(try await store.steps(of: turn).isEmpty)
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `each call of a turn is settled by its own step`(engine: StoreEngine) async throws {
        let fixture = try await StoreFixture(engine)
        let (store, turn) = (fixture.store, try await fixture.turn("t-1"))
        let calls = [try await fixture.call(turn), try await fixture.call(turn)]
        try await store.settle([fixture.settlement(calls[0], turn)], at: noon)
        #expect(try await store.steps(of: turn).map(\.state) == [.done, .running])
        var second = fixture.settlement(calls[1], turn)
        second.cost = Amounts((.requests, 1), (.micros, 5))
        var outcome = TurnOutcome(.done, answer: "a")
        (outcome.inputTokens, outcome.outputTokens) = (1000, 1000)
        _ = try await store.finishTurn(
            turn,
            as: outcome,
            settling: [second],
            outbox: [],
            at: noon
        )
        var micros: [Int64?] = []
        for call in calls { micros.append(try await store.call(call)?.settled[.micros]) }
        #expect(micros == [77, 5])
        #expect(try await fixture.usage().micros == 82)
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `a released call fails its step, a settled one ends it`(engine: StoreEngine) async throws {
        let fixture = try await StoreFixture(engine)
        let (store, turn) = (fixture.store, try await fixture.turn("t-1"))
        let calls = [try await fixture.call(turn), try await fixture.call(turn)]
        try await store.releaseCall(calls[0], at: noon)
        try await store.settle([fixture.settlement(calls[1], turn)], at: noon)
        let steps = try await store.steps(of: turn)
        #expect(steps.map(\.state) == [.failed, .done])
        #expect(steps.allSatisfy { $0.finished == noon })
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `a full disk holds no call and begins no turn`(engine: StoreEngine) async throws {
        let fixture = try await StoreFixture(engine)
        let (turn, noon) = (try await fixture.turn("t-1"), noon)
        var reservation = fixture.reservation(turn)
        reservation.model = String(repeating: "x", count: 300_000)
        let wanted = reservation
        let (problems, call) = try await fixture.fullDisk { store async throws(StoreError) in
            try await store.startCall(wanted, at: noon)
        }
        #expect(problems.isEmpty)
        #expect(try await fixture.store.call(call)?.state == .reserved)
    }
}
