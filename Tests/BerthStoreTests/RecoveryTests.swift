import BerthLoop
import BerthStore
import BerthTestKit
import Testing

/// The traces of a kill between any two verbs of a turn's life, and the next start after it.
@Suite(.loop) struct RecoveryTests {
    private let noon = StoreFixture.noon

    @Loop @Test(arguments: StoreEngine.allCases)
    func `after acceptance the turn waits`(engine: StoreEngine) async throws {
        let fixture = try await StoreFixture(engine)
        _ = try await fixture.turn("t-1")
        let store = try await fixture.restarted()
        #expect(try await store.recover(at: noon) == Recovery())
        #expect(try await store.turn(publicID: "t-1")?.state == .accepted)
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `after the beginning of a call turn, step and call are uncertain`(
        engine: StoreEngine
    ) async throws {
        let fixture = try await StoreFixture(engine)
        let turn = try await fixture.turn("t-1")
        let call = try await fixture.call(turn)
        _ = try await fixture.store.savePartialAnswer("half", of: turn)
        let store = try await fixture.restarted()
        let found = try await store.recover(at: noon)
        #expect(found.turns == 1 && found.calls == 1 && found.jobs == 0)
        let row = try await store.turn(publicID: "t-1")
        #expect(row?.state == .uncertain && row?.answer == "half" && row?.finished == noon)
        #expect(try await store.steps(of: turn).map(\.state) == [.uncertain])
        let charged = try await store.call(call)
        #expect(charged?.state == .uncertain && charged?.settled == charged?.reserved)
        #expect(charged?.isEstimated == true)
        let usage = try await store.usage(of: fixture.tenant.id, on: noon)
        #expect((usage.requests, usage.tokens, usage.micros) == (1, 500, 100))
        #expect(usage.reserved == Amounts())
        #expect(try await store.retryTurn(turn))
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `after the job's id was kept the turn goes on with it`(engine: StoreEngine) async throws {
        let fixture = try await StoreFixture(engine)
        let turn = try await fixture.turn("t-1")
        let call = try await fixture.call(turn)
        let step = try #require(try await fixture.store.call(call)?.step)
        #expect(try await fixture.store.keepJob("job", of: step))
        let store = try await fixture.restarted()
        let found = try await store.recover(at: noon)
        #expect(found.turns == 0 && found.calls == 0 && found.jobs == 1)
        #expect(try await store.turn(publicID: "t-1")?.state == .accepted)
        #expect(try await store.stepsWithJob(after: nil, limit: 9).map(\.job) == ["job"])
        #expect(try await store.call(call)?.state == .reserved)
        #expect(try await store.resumeStep(step))
        #expect(try await store.turn(publicID: "t-1")?.state == .running)
        let isFinished = try await store.finishTurn(
            turn,
            as: TurnOutcome(.done, answer: "picture"),
            settling: [fixture.settlement(call, turn)],
            outbox: [],
            at: noon
        )
        #expect(isFinished)
        #expect(try await store.call(call)?.settled[.micros] == 77)
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `a step without a job makes its turn uncertain, also beside one with a job`(
        engine: StoreEngine
    ) async throws {
        let fixture = try await StoreFixture(engine)
        let turn = try await fixture.turn("t-1")
        let calls = [try await fixture.call(turn), try await fixture.call(turn)]
        let step = try #require(try await fixture.store.call(calls[0])?.step)
        #expect(try await fixture.store.keepJob("job", of: step))
        let store = try await fixture.restarted()
        let found = try await store.recover(at: noon)
        #expect(found.turns == 1 && found.calls == 2 && found.jobs == 0)
        #expect(try await store.steps(of: turn).map(\.state) == [.uncertain, .uncertain])
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `after a call was settled its turn is uncertain, and is not charged again`(
        engine: StoreEngine
    ) async throws {
        let fixture = try await StoreFixture(engine)
        let turn = try await fixture.turn("t-1")
        let call = try await fixture.call(turn)
        try await fixture.store.settle([fixture.settlement(call, turn)], at: noon)
        let store = try await fixture.restarted()
        let found = try await store.recover(at: noon)
        #expect(found.turns == 1 && found.calls == 0)
        #expect(try await store.turn(publicID: "t-1")?.state == .uncertain)
        #expect(try await store.call(call)?.settled[.micros] == 77)
        #expect(try await store.usage(of: fixture.tenant.id, on: noon).micros == 77)
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `after a call was released its turn goes on, and nothing is charged`(
        engine: StoreEngine
    ) async throws {
        let fixture = try await StoreFixture(engine)
        let turn = try await fixture.turn("t-1")
        try await fixture.store.releaseCall(try await fixture.call(turn), at: noon)
        let store = try await fixture.restarted()
        let found = try await store.recover(at: noon)
        #expect(found.turns == 0 && found.calls == 0 && found.refused == 1)
        #expect(try await store.turn(publicID: "t-1")?.state == .accepted)
        #expect(try await store.usage(of: fixture.tenant.id, on: noon).requests == 0)
        #expect(try await store.recover(at: noon) == Recovery())
        let claim = TurnClaim(owner: "a", until: noon)
        let turns = try await store.claimTurns(claim, after: nil, limit: 9, at: noon)
        #expect(turns.map(\.turn.publicID) == ["t-1"])
    }

    /// The calls of a turn in their order, of which the last was released before a kill.
    enum Before: CaseIterable {
        case settled, open, answered, askedAgain
    }

    @Loop @Test(arguments: StoreEngine.allCases, Before.allCases)
    func `a turn whose last call was released goes on only if nothing of it was bought`(
        engine: StoreEngine,
        before: Before
    ) async throws {
        let fixture = try await StoreFixture(engine)
        let turn = try await fixture.turn("t-1")
        switch before {
        case .settled:
            let first = try await fixture.call(turn)
            try await fixture.store.settle([fixture.settlement(first, turn)], at: noon)
        case .open: _ = try await fixture.call(turn)
        case .answered: break
        case .askedAgain:
            // A person's wish to ask again covers what was uncertain before it.
            _ = try await fixture.call(turn)
            _ = try await fixture.store.recover(at: noon)
            #expect(try await fixture.store.retryTurn(turn))
        }
        let last = try await fixture.call(turn)
        if before == .answered { try await fixture.store.savePartialAnswer("half", of: turn) }
        try await fixture.store.releaseCall(last, at: noon)
        let store = try await fixture.restarted()
        _ = try await store.recover(at: noon)
        let state = try await store.turn(publicID: "t-1")?.state
        #expect(state == (before == .askedAgain ? .accepted : .uncertain))
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `after the end of a step the turn goes on with the one that waits`(
        engine: StoreEngine
    ) async throws {
        let fixture = try await StoreFixture(engine)
        let turn = try await fixture.turn("t-1")
        let call = try await fixture.call(turn)
        let step = try #require(try await fixture.store.call(call)?.step)
        var outcome = StepOutcome(isDone: true, detail: "weather(Kyiv)")
        outcome.settling = [fixture.settlement(call, turn)]
        outcome.next = [StepDraft(.toolCall)]
        _ = try await fixture.store.finishStep(step, as: outcome, at: noon)
        let store = try await fixture.restarted()
        #expect(try await store.recover(at: noon) == Recovery())
        #expect(try await store.turn(publicID: "t-1")?.state == .accepted)
        #expect(try await store.steps(of: turn).map(\.state) == [.done, .waiting])
        #expect(try await store.call(call)?.settled[.micros] == 77)
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `of two calls in one turn each has its own outcome`(engine: StoreEngine) async throws {
        let fixture = try await StoreFixture(engine)
        let turn = try await fixture.turn("t-1")
        let calls = [try await fixture.call(turn), try await fixture.call(turn)]
        try await fixture.store.settle([fixture.settlement(calls[0], turn)], at: noon)
        let store = try await fixture.restarted()
        #expect(try await store.recover(at: noon).calls == 1)
        var micros: [Int64?] = []
        for call in calls { micros.append(try await store.call(call)?.settled[.micros]) }
        #expect(micros == [77, 100])
        #expect(try await store.steps(of: turn).map(\.state) == [.done, .uncertain])
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `two calls in one turn are settled each by its own step, also around a kill`(
        engine: StoreEngine
    ) async throws {
        let fixture = try await StoreFixture(engine)
        let turn = try await fixture.turn("t-1")
        var (steps, outcomes): ([TurnStep.ID], [StepOutcome]) = ([], [])
        for micros: Int64 in [77, 33] {
            let call = try await fixture.call(turn)
            steps.append(try #require(try await fixture.store.call(call)?.step))
            var settlement = fixture.settlement(call, turn)
            settlement.cost[.micros] = micros
            var outcome = StepOutcome(isDone: true)
            outcome.settling = [settlement]
            outcomes.append(outcome)
        }
        let calls = outcomes.flatMap(\.settling).compactMap(\.call)
        #expect(steps.count == 2 && steps[0] != steps[1])
        #expect(try await fixture.store.keepJob("job", of: steps[1]))
        #expect(try await fixture.store.finishStep(steps[0], as: outcomes[0], at: noon))
        let store = try await fixture.restarted()
        let found = try await store.recover(at: noon)
        #expect(found.turns == 0 && found.calls == 0 && found.jobs == 1)
        #expect(try await store.call(calls[0])?.settled[.micros] == 77)
        #expect(try await store.call(calls[1])?.state == .reserved)
        // The first step has ended before the kill, and is not settled again after it.
        let isSettledAgain = try await store.finishStep(steps[0], as: outcomes[0], at: noon)
        #expect(!isSettledAgain)
        #expect(try await store.finishStep(steps[1], as: outcomes[1], at: noon))
        #expect(try await store.call(calls[0])?.settled[.micros] == 77)
        #expect(try await store.call(calls[1])?.settled[.micros] == 33)
        #expect(try await store.steps(of: turn).map(\.state) == [.done, .done])
        let usage = try await store.usage(of: fixture.tenant.id, on: noon)
        #expect(usage.micros == 110 && usage.requests == 2 && usage.reserved == Amounts())
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `after the turn was put back it waits for its time, and nothing is charged`(
        engine: StoreEngine
    ) async throws {
        let fixture = try await StoreFixture(engine)
        let turn = try await fixture.turn("t-1")
        let call = try await fixture.call(turn)
        let due = noon + .seconds(60)
        try await fixture.store.retryTurnLater(turn, at: due, because: "busy", now: noon)
        let store = try await fixture.restarted()
        #expect(try await store.recover(at: noon) == Recovery())
        let row = try await store.turn(publicID: "t-1")
        #expect(row?.state == .accepted && row?.due == due)
        #expect(try await store.call(call)?.state == .released)
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `after the end of the turn its call is settled and its reply waits`(
        engine: StoreEngine
    ) async throws {
        let fixture = try await StoreFixture(engine)
        let turn = try await fixture.turn("t-1")
        let call = try await fixture.call(turn)
        let place = Place(channel: .telegram, chat: "7")
        _ = try await fixture.store.finishTurn(
            turn,
            as: TurnOutcome(.done, answer: "whole"),
            settling: [fixture.settlement(call, turn)],
            outbox: [OutboxDraft(place: place, body: "whole")],
            at: noon
        )
        let store = try await fixture.restarted()
        #expect(try await store.recover(at: noon) == Recovery())
        #expect(try await store.turn(publicID: "t-1")?.answer == "whole")
        #expect(try await store.call(call)?.state == .settled)
        let due = try await store.dueOutbox(on: .telegram, at: noon, limit: 9)
        #expect(due.map(\.body) == ["whole"])
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `after a stop a call that others still shared is uncertain`(
        engine: StoreEngine
    ) async throws {
        let fixture = try await StoreFixture(engine)
        let turn = try await fixture.turn("t-1")
        let call = try await fixture.call(turn)
        let stopped = TurnOutcome(.stopped, answer: "")
        try await fixture.store.finishTurn(turn, as: stopped, at: noon)
        let store = try await fixture.restarted()
        let found = try await store.recover(at: noon)
        #expect(found.turns == 0 && found.calls == 1)
        #expect(try await store.call(call)?.state == .uncertain)
        #expect(try await store.turn(publicID: "t-1")?.state == .stopped)
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `the user of a turn that becomes uncertain is told in the same commit`(
        engine: StoreEngine
    ) async throws {
        let fixture = try await StoreFixture(engine)
        let chat = try await fixture.openSession("s-2", .telegram, chat: "7")
        var draft = fixture.draft("t-1")
        draft.session = chat.id
        let turn = try await fixture.store.acceptTurn(draft, at: noon)
        _ = try await fixture.call(turn)
        let web = try await fixture.turn("t-2")
        _ = try await fixture.call(web)
        _ = try await fixture.store.hearLanguage("uk", of: fixture.tenant.id)
        _ = try await fixture.store.chooseLanguage("ru", of: fixture.tenant.id)
        let store = try await fixture.restarted()
        let found = try await store.recover(at: noon, askingAgainBelow: 0) { place, language in
            let body = "lost \(language ?? "-")"
            return place.chat.isEmpty ? [] : [OutboxDraft(place: place, body: body)]
        }
        #expect(found.turns == 2)
        let due = try await store.dueOutbox(on: .telegram, at: noon, limit: 9)
        #expect(due.map(\.body) == ["lost ru"] && due.map(\.turn) == [turn])
        _ = try await store.recover(at: noon, askingAgainBelow: 0) {
            [OutboxDraft(place: $0, body: "again \($1 ?? "")")]
        }
        #expect(try await store.dueOutbox(on: .telegram, at: noon, limit: 9).count == 1)
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `an API call that was open stays charged at its reservation`(
        engine: StoreEngine
    ) async throws {
        let fixture = try await StoreFixture(engine)
        let open = try await fixture.call(tokens: 500)
        _ = try await fixture.call(tokens: 40)
        let store = try await fixture.restarted()
        #expect(try await store.recover(at: noon).calls == 2)
        #expect(try await store.recover(at: noon) == Recovery())
        let usage = try await store.usage(of: fixture.tenant.id, on: noon)
        #expect((usage.requests, usage.reservedTokens, usage.tokens) == (2, 0, 540))
        #expect(usage.micros == 200)
        #expect(try await store.call(open)?.state == .uncertain)
        #expect(try await store.settle([fixture.settlement(open)], at: noon) == [false])
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `after an interruption the turn goes on`(engine: StoreEngine) async throws {
        let fixture = try await StoreFixture(engine)
        let turn = try await fixture.turn("t-1")
        let call = try await fixture.call(turn)
        _ = try await fixture.store.finishTurn(
            turn,
            as: TurnOutcome(.interrupted, answer: "half"),
            settling: [fixture.settlement(call, turn)],
            outbox: [],
            at: noon
        )
        let store = try await fixture.restarted()
        #expect(try await store.recover(at: noon) == Recovery())
        let claim = TurnClaim(owner: "a", until: noon)
        let turns = try await store.claimTurns(claim, after: nil, limit: 9, at: noon)
        #expect(turns.map(\.turn.publicID) == ["t-1"])
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `after a retry by a person the turn waits again`(engine: StoreEngine) async throws {
        let fixture = try await StoreFixture(engine)
        let turn = try await fixture.turn("t-1")
        _ = try await fixture.call(turn)
        _ = try await fixture.store.recover(at: noon)
        #expect(try await fixture.store.retryTurn(turn))
        let store = try await fixture.restarted()
        #expect(try await store.recover(at: noon) == Recovery())
        #expect(try await store.turn(publicID: "t-1")?.state == .accepted)
        #expect(try await store.steps(of: turn).map(\.state) == [.uncertain])
    }
}
