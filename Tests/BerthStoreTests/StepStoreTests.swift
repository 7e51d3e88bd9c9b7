import BerthLoop
import BerthStore
import BerthTestKit
import Testing

@Suite(.loop) struct StepStoreTests {
    private let noon = StoreFixture.noon

    @Loop @Test(arguments: StoreEngine.allCases)
    func `steps are numbered in their order`(engine: StoreEngine) async throws {
        let fixture = try await StoreFixture(engine)
        let (store, turn) = (fixture.store, try await fixture.turn("t-1"))
        for kind in TurnStep.Kind.allCases {
            let draft = StepDraft(kind, detail: "\(kind)")
            #expect(try await store.addStep(draft, to: turn, at: noon) != nil)
        }
        let steps = try await store.steps(of: turn)
        #expect(steps.map(\.kind) == TurnStep.Kind.allCases)
        #expect(steps.map(\.ordinal) == [1, 2, 3, 4])
        #expect(steps.allSatisfy { $0.state == .waiting && $0.detail == "\($0.kind)" })
        let other = try await fixture.turn("t-2")
        _ = try await store.addStep(StepDraft(.picture), to: other, at: noon)
        #expect(try await store.steps(of: other).map(\.ordinal) == [1])
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `a turn that has ended or is gone gets no step`(engine: StoreEngine) async throws {
        let fixture = try await StoreFixture(engine)
        let (store, turn) = (fixture.store, try await fixture.answered("t-1"))
        for id in [turn, RowID(99)] {
            #expect(try await store.addStep(StepDraft(.ask), to: id, at: noon) == nil)
            #expect(try await store.steps(of: id).isEmpty)
        }
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `of two beginnings of a step at once, one succeeds`(engine: StoreEngine) async throws {
        let fixture = try await StoreFixture(engine)
        let (store, turn) = (fixture.store, try await fixture.turn("t-1"))
        let draft = StepDraft(.toolCall)
        let step = try #require(try await store.addStep(draft, to: turn, at: noon))
        let results = try await race { _ async throws(StoreError) in
            try await store.startStep(step, of: turn)
        }
        #expect(try results.count { try $0.get() } == 1)
        #expect(try await store.steps(of: turn).map(\.state) == [.running])
        #expect(try await store.turn(publicID: "t-1")?.state == .running)
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `a step begins only for its own open turn`(engine: StoreEngine) async throws {
        let fixture = try await StoreFixture(engine)
        let (store, turn) = (fixture.store, try await fixture.turn("t-1"))
        let other = try await fixture.turn("t-2")
        let draft = StepDraft(.toolCall)
        let step = try #require(try await store.addStep(draft, to: turn, at: noon))
        #expect(try await !store.startStep(step, of: other))
        #expect(try await store.turn(publicID: "t-2")?.state == .accepted)
        try await store.finishTurn(turn, as: TurnOutcome(.stopped, answer: ""), at: noon)
        #expect(try await !store.startStep(step, of: turn))
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `a job is kept of a running step alone`(engine: StoreEngine) async throws {
        let fixture = try await StoreFixture(engine)
        let (store, turn) = (fixture.store, try await fixture.turn("t-1"))
        let draft = StepDraft(.picture)
        let step = try #require(try await store.addStep(draft, to: turn, at: noon))
        #expect(try await !store.keepJob("job-1", of: step))
        #expect(try await store.startStep(step, of: turn))
        #expect(try await store.keepJob("job-1", of: step))
        #expect(try await store.steps(of: turn).map(\.job) == ["job-1"])
        _ = try await store.finishStep(step, as: StepOutcome(isDone: true), at: noon)
        #expect(try await !store.keepJob("job-2", of: step))
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `the end of a step settles its call and adds the steps that follow`(
        engine: StoreEngine
    ) async throws {
        let fixture = try await StoreFixture(engine)
        let (store, turn) = (fixture.store, try await fixture.turn("t-1"))
        let call = try await fixture.call(turn)
        let step = try #require(try await store.call(call)?.step)
        var outcome = StepOutcome(isDone: true, detail: "answer")
        outcome.settling = [fixture.settlement(call, turn)]
        outcome.next = [StepDraft(.toolCall, detail: "a"), StepDraft(.toolCall, detail: "b")]
        #expect(try await store.finishStep(step, as: outcome, at: noon))
        let steps = try await store.steps(of: turn)
        #expect(steps.map(\.state) == [.done, .waiting, .waiting])
        #expect(steps.map(\.detail) == ["answer", "a", "b"])
        #expect(steps[0].finished == noon && steps[0].call == call)
        #expect(try await store.call(call)?.state == .settled)
        #expect(try await store.turn(publicID: "t-1")?.state == .running)
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `a step that failed keeps its detail`(engine: StoreEngine) async throws {
        let fixture = try await StoreFixture(engine)
        let (store, turn) = (fixture.store, try await fixture.turn("t-1"))
        let draft = StepDraft(.toolCall, detail: "arguments")
        let step = try #require(try await store.addStep(draft, to: turn, at: noon))
        #expect(try await store.finishStep(step, as: StepOutcome(isDone: false), at: noon))
        let steps = try await store.steps(of: turn)
        #expect(steps.map(\.state) == [.failed] && steps[0].detail == "arguments")
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `of two ends of a step at once, one holds`(engine: StoreEngine) async throws {
        let fixture = try await StoreFixture(engine)
        let (store, noon, turn) = (fixture.store, noon, try await fixture.turn("t-1"))
        let step = try #require(try await store.addStep(StepDraft(.ask), to: turn, at: noon))
        let results = try await race { index async throws(StoreError) in
            var outcome = StepOutcome(isDone: true, detail: "\(index)")
            outcome.next = [StepDraft(.toolCall)]
            return try await store.finishStep(step, as: outcome, at: noon)
        }
        #expect(try results.count { try $0.get() } == 1)
        #expect(try await store.steps(of: turn).count == 2)
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `a step of a turn that has ended cannot be ended`(engine: StoreEngine) async throws {
        let fixture = try await StoreFixture(engine)
        let (store, turn) = (fixture.store, try await fixture.turn("t-1"))
        let call = try await fixture.call(turn)
        let step = try #require(try await store.call(call)?.step)
        try await store.finishTurn(turn, as: TurnOutcome(.stopped, answer: ""), at: noon)
        var outcome = StepOutcome(isDone: true)
        outcome.settling = [fixture.settlement(call, turn)]
        #expect(try await !store.finishStep(step, as: outcome, at: noon))
        #expect(try await store.call(call)?.state == .reserved)
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `running steps with a job are listed in pages`(engine: StoreEngine) async throws {
        let fixture = try await StoreFixture(engine)
        let store = fixture.store
        for index in 1...4 {
            let turn = try await fixture.turn("t-\(index)")
            let step = try #require(try await store.call(try await fixture.call(turn))?.step)
            if index != 2 { _ = try await store.keepJob("job-\(index)", of: step) }
        }
        let first = try await store.stepsWithJob(after: nil, limit: 2)
        #expect(first.map(\.job) == ["job-1", "job-3"])
        let second = try await store.stepsWithJob(after: first.last?.id, limit: 2)
        #expect(second.map(\.job) == ["job-4"])
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `the end of a turn ends its open steps`(engine: StoreEngine) async throws {
        let fixture = try await StoreFixture(engine)
        let store = fixture.store
        let ends: [(TurnOutcome.End, TurnStep.State)] = [
            (.done, .done), (.stopped, .failed), (.failed, .failed),
        ]
        for (end, state) in ends {
            let turn = try await fixture.turn("t-\(end)")
            _ = try await fixture.call(turn)
            _ = try await store.addStep(StepDraft(.toolCall), to: turn, at: noon)
            try await store.finishTurn(turn, as: TurnOutcome(end, answer: ""), at: noon)
            #expect(try await store.steps(of: turn).map(\.state) == [state, state])
        }
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `an interrupted turn keeps the step whose provider has a job`(
        engine: StoreEngine
    ) async throws {
        let fixture = try await StoreFixture(engine)
        let (store, turn) = (fixture.store, try await fixture.turn("t-1"))
        let calls = [try await fixture.call(turn), try await fixture.call(turn)]
        let step = try #require(try await store.call(calls[1])?.step)
        _ = try await store.keepJob("job", of: step)
        let interrupted = TurnOutcome(.interrupted, answer: "")
        try await store.finishTurn(turn, as: interrupted, at: noon)
        #expect(try await store.steps(of: turn).map(\.state) == [.failed, .running])
        #expect(try await store.call(calls[1])?.state == .reserved)
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `a full disk ends no step`(engine: StoreEngine) async throws {
        let fixture = try await StoreFixture(engine)
        let (store, turn, noon) = (fixture.store, try await fixture.turn("t-1"), noon)
        let call = try await fixture.call(turn)
        let step = try #require(try await store.call(call)?.step)
        var outcome = StepOutcome(isDone: true)
        outcome.settling = [fixture.settlement(call, turn)]
        outcome.next = [StepDraft(.toolCall, detail: String(repeating: "x", count: 300_000))]
        let wanted = outcome
        let (problems, isDone) = try await fixture.fullDisk { store async throws(StoreError) in
            try await store.finishStep(step, as: wanted, at: noon)
        }
        #expect(problems.isEmpty && isDone)
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `a removed tenant's steps are forgotten`(engine: StoreEngine) async throws {
        let fixture = try await StoreFixture(engine)
        let (store, turn) = (fixture.store, try await fixture.turn("t-1"))
        _ = try await store.addStep(StepDraft(.ask, detail: "words"), to: turn, at: noon)
        _ = try await store.removeTenant(fixture.tenant.id)
        #expect(try await store.steps(of: turn).isEmpty)
    }
}
