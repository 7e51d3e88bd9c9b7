import BerthLoop
import BerthStore
import BerthTestKit
import Testing

@Suite(.loop) struct TurnStoreTests {
    private let noon = StoreFixture.noon

    @Loop @Test(arguments: StoreEngine.allCases)
    func `a message is accepted as it was written`(engine: StoreEngine) async throws {
        let fixture = try await StoreFixture(engine)
        let text = "grüße \u{1F980} with \0 inside"
        var draft = fixture.draft("t-1", text)
        draft.model = "p/m"
        let id = try await fixture.store.acceptTurn(draft, at: noon)
        let turn = try #require(try await fixture.store.turn(publicID: "t-1"))
        #expect(turn.id == id && turn.text == text && turn.model == "p/m")
        #expect(turn.state == .accepted && turn.answer == "" && turn.attempts == 0)
        #expect(turn.tenant == fixture.tenant.id && turn.session == fixture.session.id)
        #expect(turn.created == noon && turn.finished == nil)
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `the first message names its conversation, a later one does not`(
        engine: StoreEngine
    ) async throws {
        let fixture = try await StoreFixture(engine)
        for (number, title) in ["first", "second"].enumerated() {
            var draft = fixture.draft("t-\(number)")
            draft.title = title
            _ = try await fixture.store.acceptTurn(draft, at: noon + .seconds(number))
        }
        let session = try await fixture.store.session(publicID: "s-1")
        #expect(session?.title == "first" && session?.updated == noon + .seconds(1))
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `a public id of a turn that is taken is refused`(engine: StoreEngine) async throws {
        let fixture = try await StoreFixture(engine)
        _ = try await fixture.turn("t-1")
        let error = await #expect(throws: StoreError.self) { _ = try await fixture.turn("t-1") }
        #expect(error?.isExists == true)
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `a deleted conversation takes no message`(engine: StoreEngine) async throws {
        let fixture = try await StoreFixture(engine)
        try await fixture.store.deleteSession(fixture.session.id, at: noon)
        await #expect(throws: StoreError.notFound(what: "conversation")) {
            _ = try await fixture.turn("t-1")
        }
        #expect(try await fixture.store.turn(publicID: "t-1") == nil)
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `a removed tenant's message is not taken`(engine: StoreEngine) async throws {
        let fixture = try await StoreFixture(engine)
        _ = try await fixture.store.removeTenant(fixture.tenant.id)
        await #expect(throws: StoreError.notFound(what: "tenant")) {
            _ = try await fixture.turn("t-1")
        }
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `a turn is found with its conversation, until that is deleted`(
        engine: StoreEngine
    ) async throws {
        let fixture = try await StoreFixture(engine)
        let (store, turn) = (fixture.store, try await fixture.turn("t-1"))
        let found = try await store.turnInSession(publicID: "t-1")
        #expect(found?.turn.id == turn && found?.session.id == fixture.session.id)
        try await store.deleteSession(fixture.session.id, at: noon)
        let gone = try await store.turnInSession(publicID: "t-1")
        #expect(gone?.turn.id == nil)
        let none = try await store.turnInSession(publicID: "t-9")
        #expect(none?.turn.id == nil)
    }

    // MARK: The life of a turn

    @Loop @Test(arguments: StoreEngine.allCases)
    func `a turn lives from accepted to its one end`(engine: StoreEngine) async throws {
        let fixture = try await StoreFixture(engine)
        let (store, id) = (fixture.store, try await fixture.turn("t-1"))
        var outcome = TurnOutcome(.done, answer: "answer", model: "m")
        outcome.inputTokens = 3
        outcome.isEstimated = true
        #expect(try await !store.savePartialAnswer("an", of: id))
        _ = try await fixture.call(id)
        #expect(try await store.turn(publicID: "t-1")?.state == .running)
        #expect(try await store.savePartialAnswer("ans", of: id))
        #expect(try await store.turn(publicID: "t-1")?.answer == "ans")
        #expect(try await store.finishTurn(id, as: outcome, at: noon))
        let failed = TurnOutcome(.failed, answer: "")
        #expect(try await !store.finishTurn(id, as: failed, at: noon))
        #expect(try await !store.savePartialAnswer("late", of: id))
        let turn = try await store.turn(publicID: "t-1")
        #expect(turn?.state == .done && turn?.answer == "answer" && turn?.model == "m")
        #expect(turn?.inputTokens == 3 && turn?.isEstimated == true && turn?.finished == noon)
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `an answer from the cache ends an accepted turn`(engine: StoreEngine) async throws {
        let fixture = try await StoreFixture(engine)
        _ = try await fixture.answered("t-1")
        let turn = try await fixture.store.turn(publicID: "t-1")
        #expect(turn?.state == .done && turn?.attempts == 0)
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `of two ends at once, one holds`(engine: StoreEngine) async throws {
        let fixture = try await StoreFixture(engine)
        let (store, noon, id) = (fixture.store, noon, try await fixture.turn("t-1"))
        let ends: [TurnOutcome.End] = [.done, .stopped]
        let results = try await race { index async throws(StoreError) in
            try await store.finishTurn(id, as: TurnOutcome(ends[index], answer: "a"), at: noon)
        }
        let winner = try #require(try results.firstIndex { try $0.get() })
        #expect(try results.count { try $0.get() } == 1)
        #expect(try await store.turn(publicID: "t-1")?.state.rawValue == ends[winner].rawValue)
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `a running turn is put back for later, without its words`(
        engine: StoreEngine
    ) async throws {
        let fixture = try await StoreFixture(engine)
        let (store, id) = (fixture.store, try await fixture.turn("t-1"))
        let due = noon + .seconds(60)
        func later() async throws -> Bool {
            try await store.retryTurnLater(id, at: due, because: "busy", now: noon)
        }
        #expect(try await !later())
        _ = try await fixture.call(id)
        _ = try await store.savePartialAnswer("half", of: id)
        #expect(try await later())
        #expect(try await !later())
        let turn = try await store.turn(publicID: "t-1")
        #expect(turn?.state == .accepted && turn?.due == due && turn?.error == "busy")
        #expect(turn?.answer == "" && turn?.attempts == 1)
        _ = try await fixture.call(id)
        let again = try await store.turn(publicID: "t-1")
        #expect(again?.due == nil && again?.attempts == 2)
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `putting a turn back fails its step and releases its call`(
        engine: StoreEngine
    ) async throws {
        let fixture = try await StoreFixture(engine)
        let (store, id) = (fixture.store, try await fixture.turn("t-1"))
        let call = try await fixture.call(id)
        try await store.retryTurnLater(id, at: noon, because: "busy", now: noon)
        #expect(try await store.call(call)?.state == .released)
        #expect(try await store.steps(of: id).map(\.state) == [.failed])
        #expect(try await fixture.usage().requests == 0)
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `an interrupted turn is accepted again, without what came of it`(
        engine: StoreEngine
    ) async throws {
        let fixture = try await StoreFixture(engine)
        let (store, id) = (fixture.store, try await fixture.turn("t-1"))
        let call = try await fixture.call(id)
        let isOpen = try await store.finishTurn(
            id,
            as: TurnOutcome(.interrupted, answer: "half", error: "stopping"),
            settling: [fixture.settlement(call, id)],
            outbox: [OutboxDraft(place: Place(channel: .telegram, chat: "7"), body: "half")],
            at: noon
        )
        let turn = try await store.turn(publicID: "t-1")
        #expect(isOpen && turn?.state == .accepted && turn?.answer == "")
        #expect(turn?.finished == nil && turn?.error == "stopping")
        #expect(try await store.call(call)?.state == .settled)
        #expect(try await fixture.due().isEmpty)
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `a turn that failed is accepted again, one that is done is not`(
        engine: StoreEngine
    ) async throws {
        let fixture = try await StoreFixture(engine)
        let store = fixture.store
        let (done, stopped) = (
            try await fixture.answered("t-1"), try await fixture.answered("t-2", .stopped)
        )
        let open = try await fixture.turn("t-3")
        for turn in [done, stopped, open] { #expect(try await !store.retryTurn(turn)) }
        let failed = try await fixture.answered("t-4", .failed)
        #expect(try await store.retryTurn(failed))
        let turn = try await store.turn(publicID: "t-4")
        #expect(turn?.state == .accepted && turn?.answer == "" && turn?.error == nil)
        #expect(turn?.finished == nil && turn?.attempts == 0)
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `a stopped turn keeps its first words`(engine: StoreEngine) async throws {
        let fixture = try await StoreFixture(engine)
        _ = try await fixture.answered("t-1", .stopped)
        let turn = try await fixture.store.turn(publicID: "t-1")
        #expect(turn?.state == .stopped && turn?.answer == "67890")
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `a turn that is gone cannot be changed`(engine: StoreEngine) async throws {
        let fixture = try await StoreFixture(engine)
        let (store, id) = (fixture.store, try await fixture.turn("t-1"))
        let call = try await fixture.call(id)
        _ = try await store.removeTenant(fixture.tenant.id)
        let isFinished = try await store.finishTurn(
            id,
            as: TurnOutcome(.done, answer: "a"),
            settling: [fixture.settlement(call, id)],
            outbox: [],
            at: noon
        )
        let others = [
            try await store.retryTurn(id), try await store.savePartialAnswer("a", of: id),
            try await store.retryTurnLater(id, at: noon, because: "", now: noon),
        ]
        #expect(!isFinished && others == [false, false, false])
        #expect(try await store.call(call)?.state == .reserved)
        #expect(try await store.settle([fixture.settlement(call, id)], at: noon) == [true])
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `the end of a turn, its calls and its outbox are one commit`(
        engine: StoreEngine
    ) async throws {
        let fixture = try await StoreFixture(engine)
        let (store, id) = (fixture.store, try await fixture.turn("t-1"))
        let settlement = fixture.settlement(try await fixture.call(id), id)
        let place = Place(channel: .telegram, chat: "7")
        let noon = noon
        let (problems, isFinished) = try await fixture.fullDisk { store async throws(StoreError) in
            try await store.finishTurn(
                id,
                as: TurnOutcome(.done, answer: "short"),
                settling: [settlement],
                outbox: [
                    OutboxDraft(place: place, body: "short"),
                    OutboxDraft(place: place, body: String(repeating: "x", count: 300_000)),
                ],
                at: noon
            )
        }
        #expect(problems.isEmpty && isFinished)
        #expect(try await store.call(settlement.call ?? RowID(0))?.settled[.micros] == 77)
        #expect(try await fixture.due().map(\.body) == ["short"])
        #expect(try await store.steps(of: id).map(\.state) == [.done])
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `a full disk accepts no turn`(engine: StoreEngine) async throws {
        let fixture = try await StoreFixture(engine)
        let (draft, noon) = (fixture.draft("t-1", String(repeating: "x", count: 300_000)), noon)
        let (problems, id) = try await fixture.fullDisk { store async throws(StoreError) in
            try await store.acceptTurn(draft, at: noon)
        }
        #expect(problems.isEmpty)
        #expect(try await fixture.store.turn(publicID: "t-1")?.id == id)
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `a full disk keeps no part of an answer, and the turn goes on`(
        engine: StoreEngine
    ) async throws {
        let fixture = try await StoreFixture(engine)
        let (id, long) = (try await fixture.turn("t-1"), String(repeating: "x", count: 300_000))
        _ = try await fixture.call(id)
        let (problems, isRunning) = try await fixture.fullDisk { store async throws(StoreError) in
            try await store.savePartialAnswer(long, of: id)
        }
        #expect(problems.isEmpty && isRunning)
    }
}
