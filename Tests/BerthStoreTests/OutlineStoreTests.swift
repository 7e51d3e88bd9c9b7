import BerthLoop
import BerthStore
import BerthTestKit
import Testing

/// Titles and summaries: what is due, and what a settlement, a kill or a deletion leaves of them.
@Suite(.loop) struct OutlineStoreTests {
    private let noon = StoreFixture.noon
    private let limits = SummaryWork.Limits(room: 1_000, part: 4_096)

    /// The call of an outline that has begun.
    private func begin(_ target: OutlineTarget, _ fixture: StoreFixture) async throws -> Call.ID {
        var reservation = fixture.reservation()
        reservation.outline = target
        return try await fixture.store.startCall(reservation, at: noon)
    }

    /// Settles the call of an outline that wrote `text`.
    private func settle(
        _ target: OutlineTarget,
        _ call: Call.ID,
        _ text: String?,
        in store: any Store,
        _ fixture: StoreFixture
    ) async throws {
        var settlement = fixture.settlement(call)
        (settlement.reservation.outline, settlement.outline) = (target, text)
        try await store.settle([settlement], at: noon)
    }

    private func write(
        _ target: OutlineTarget,
        _ text: String?,
        _ fixture: StoreFixture
    ) async throws {
        let call = try await begin(target, fixture)
        try await settle(target, call, text, in: fixture.store, fixture)
    }

    private func window(_ store: any Store) async throws -> SessionWindow? {
        let limits = SessionWindow.Limits(exchanges: 2, bytes: 10_000)
        return try await store.window(of: "s-1", before: nil, limits: limits, asking: nil)
    }

    /// A conversation of `count` exchanges, each of which counts as 138 bytes.
    private func talk(_ engine: StoreEngine, _ count: Int) async throws -> (
        StoreFixture, [Turn.ID]
    ) {
        let fixture = try await StoreFixture(engine)
        var turns: [Turn.ID] = []
        for number in 0..<count { turns.append(try await fixture.answered("t-\(number)")) }
        return (fixture, turns)
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `the oldest half is due when three quarters of the room are not summarized`(
        engine: StoreEngine
    ) async throws {
        let (short, _) = try await talk(engine, 5)
        #expect(try await short.store.summaryWork(of: "s-1", within: limits) == nil)
        let (fixture, turns) = try await talk(engine, 6)
        let work = try #require(try await fixture.store.summaryWork(of: "s-1", within: limits))
        #expect(work.before == nil && work.exchanges.map(\.turn) == Array(turns[..<3]))
        #expect(work.through == turns[2])
        #expect(work.exchanges[0].text == "12345" && work.exchanges[0].answer == "67890")
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `a summary is in the window of its branch, and the next one begins behind it`(
        engine: StoreEngine
    ) async throws {
        let (fixture, turns) = try await talk(engine, 6)
        let store = fixture.store
        try await write(.summary(of: fixture.session.id, through: turns[2]), "so far", fixture)
        #expect(try await window(store)?.summary == Summary(through: turns[2], text: "so far"))
        #expect(try await store.summaryWork(of: "s-1", within: limits) == nil)
        for number in 6..<9 { _ = try await fixture.answered("t-\(number)") }
        let work = try #require(try await store.summaryWork(of: "s-1", within: limits))
        #expect(work.before == "so far" && work.exchanges.first?.turn == turns[3])
        // A branch that begins before the end of the summary does not have it.
        var other = fixture.draft("beside")
        other.beside = turns[1]
        let turn = try await store.acceptTurn(other, at: noon)
        try await store.finishTurn(turn, as: TurnOutcome(.done, answer: "a"), at: noon)
        #expect(try await window(store)?.summary == nil)
        #expect(
            try await store.showBranch(
                at: try #require(try await store.turn(turns[2])),
                step: .same
            )
        )
        #expect(try await window(store)?.summary?.text == "so far")
        try await store.clearWindow(of: fixture.session.id)
        #expect(try await window(store)?.summary == nil)
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `a long text is cut by bytes, and a part has at least one exchange`(
        engine: StoreEngine
    ) async throws {
        let fixture = try await StoreFixture(engine)
        let store = fixture.store
        for number in 0..<3 {
            let text = String(repeating: "ü", count: 3_000)
            let turn = try await fixture.turn("t-\(number)", text: text)
            try await store.finishTurn(turn, as: TurnOutcome(.done, answer: text), at: noon)
        }
        let small = SummaryWork.Limits(room: 10_000, part: 1_024)
        let work = try #require(try await store.summaryWork(of: "s-1", within: small))
        #expect(work.exchanges.count == 1)
        // A third of the part, which ends within a character.
        #expect(work.exchanges[0].text == String(repeating: "ü", count: 170))
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `a title is bought once, and takes the place of the first words alone`(
        engine: StoreEngine
    ) async throws {
        let fixture = try await StoreFixture(engine)
        let (store, session) = (fixture.store, fixture.session.id)
        try await store.changeSession(session, SessionUpdate(title: "hello"))
        let target = OutlineTarget.title(of: session, inPlaceOf: "hello")
        #expect(try await !store.hasTitle(session))
        let call = try await begin(target, fixture)
        #expect(try await store.hasTitle(session))
        await #expect(throws: StoreError.self) { _ = try await begin(target, fixture) }
        try await settle(target, call, "Greetings", in: store, fixture)
        #expect(try await store.session(publicID: "s-1")?.title == "Greetings")

        let other = try await fixture.openSession("s-2").id
        try await store.changeSession(other, SessionUpdate(title: "my own"))
        try await write(.title(of: other, inPlaceOf: "hello"), "Greetings", fixture)
        #expect(try await store.session(publicID: "s-2")?.title == "my own")
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `a call that is released leaves nothing, and one that is paid in vain is not repeated`(
        engine: StoreEngine
    ) async throws {
        let (fixture, turns) = try await talk(engine, 6)
        let store = fixture.store
        let target = OutlineTarget.summary(of: fixture.session.id, through: turns[2])
        let released = try await begin(target, fixture)
        #expect(try await store.summaryWork(of: "s-1", within: limits) == nil)
        #expect(try await store.releaseCall(released, at: noon))
        #expect(try await store.summaryWork(of: "s-1", within: limits) != nil)
        try await write(target, nil, fixture)
        #expect(try await store.summaryWork(of: "s-1", within: limits) == nil)
        #expect(try await window(store)?.summary == nil)
        // After a quarter more of the room there is a new attempt.
        for number in 6..<9 { _ = try await fixture.answered("t-\(number)") }
        let work = try await store.summaryWork(of: "s-1", within: limits)
        #expect(work?.exchanges.first?.turn == turns[0] && work?.before == nil)
        // It may end at the same turn as the one before.
        let call = try await begin(target, fixture)
        #expect(try await store.summaryWork(of: "s-1", within: limits) == nil)
        await #expect(throws: StoreError.self) { _ = try await begin(target, fixture) }
        try await settle(target, call, "The words.", in: store, fixture)
        #expect(try await window(store)?.summary?.text == "The words.")
        await #expect(throws: StoreError.self) { _ = try await begin(target, fixture) }
    }

    @Loop @Test(arguments: [(101 as Int64, Call.State.absorbed), (100, .uncertain)])
    func `a kill during a summary buys it again only if it was cheap`(
        below limit: Int64,
        state: Call.State
    ) async throws {
        let (fixture, turns) = try await talk(.folder, 6)
        let target = OutlineTarget.summary(of: fixture.session.id, through: turns[2])
        let call = try await begin(target, fixture)
        let store = try await fixture.restarted()
        _ = try await store.recover(at: noon, askingAgainBelow: limit) { _, _ in [] }
        #expect(try await store.call(call)?.state == state)
        let isDue = try await store.summaryWork(of: "s-1", within: limits) != nil
        #expect(isDue == (state == .absorbed))
        #expect(try await store.integrityCheck() == [])
    }

    @Loop @Test func `a kill after the settlement loses no words`() async throws {
        let (fixture, turns) = try await talk(.folder, 6)
        try await write(.summary(of: fixture.session.id, through: turns[2]), "so far", fixture)
        let store = try await fixture.restarted()
        _ = try await store.recover(at: noon, askingAgainBelow: 1_000) { _, _ in [] }
        #expect(try await window(store)?.summary?.text == "so far")
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `a deleted conversation takes no words, and is not begun`(
        engine: StoreEngine
    ) async throws {
        let (fixture, turns) = try await talk(engine, 6)
        let (store, session) = (fixture.store, fixture.session.id)
        let target = OutlineTarget.summary(of: session, through: turns[2])
        let call = try await begin(target, fixture)
        try await store.deleteSession(session, at: noon)
        try await settle(target, call, "so far", in: store, fixture)
        #expect(try await store.call(call)?.state == .settled)
        await #expect(throws: StoreError.self) {
            _ = try await begin(.title(of: session, inPlaceOf: ""), fixture)
        }
        #expect(try await store.integrityCheck() == [])
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `only the newest summaries are kept`(engine: StoreEngine) async throws {
        let (fixture, turns) = try await talk(engine, 10)
        let store = fixture.store
        for (number, turn) in turns.enumerated() {
            try await write(.summary(of: fixture.session.id, through: turn), "\(number)", fixture)
        }
        #expect(try await window(store)?.summary?.text == "9")
        #expect(
            try await store.showBranch(
                at: try #require(try await store.turn(turns[0])),
                step: .same
            )
        )
        // The last turn that has a summary is the third.
        var early = fixture.draft("early")
        early.beside = turns[2]
        _ = try await store.acceptTurn(early, at: noon)
        #expect(try await window(store)?.summary == nil)
    }
}
