import BerthLoop
import BerthStore
import BerthTestKit
import Testing

@Suite(.loop) struct TurnClaimTests {
    private let noon = StoreFixture.noon
    private let later = StoreFixture.noon + .seconds(60)

    @Loop private func claim(
        _ store: any Store,
        _ owner: String,
        after: Turn.ID? = nil,
        limit: Int = 9,
        at now: Timestamp = StoreFixture.noon
    ) async throws -> [TurnInSession] {
        let claim = TurnClaim(owner: owner, until: later)
        return try await store.claimTurns(claim, after: after, limit: limit, at: now)
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `accepted turns are claimed oldest first, in pages`(engine: StoreEngine) async throws {
        let fixture = try await StoreFixture(engine)
        let store = fixture.store
        for index in 1...5 { _ = try await fixture.turn("t-\(index)") }
        _ = try await fixture.answered("t-6")
        _ = try await fixture.call(try await fixture.turn("t-7"))
        let first = try await claim(store, "a", limit: 3)
        #expect(first.map(\.turn.publicID) == ["t-1", "t-2", "t-3"])
        #expect(first[0].session.id == fixture.session.id)
        let second = try await claim(store, "a", after: first.last?.turn.id, limit: 3)
        #expect(second.map(\.turn.publicID) == ["t-4", "t-5"])
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `a claim keeps other processes away until it ends`(engine: StoreEngine) async throws {
        let fixture = try await StoreFixture(engine)
        let store = fixture.store
        _ = try await fixture.turn("t-1")
        #expect(try await claim(store, "a").count == 1)
        #expect(try await claim(store, "b").isEmpty)
        #expect(try await claim(store, "a").count == 1)
        #expect(try await claim(store, "b", at: later).count == 1)
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `two processes that claim at once get different turns`(engine: StoreEngine) async throws {
        let fixture = try await StoreFixture(engine)
        let (store, noon, later) = (fixture.store, noon, later)
        for index in 1...4 { _ = try await fixture.turn("t-\(index)") }
        let results = try await race { index async throws(StoreError) in
            let claim = TurnClaim(owner: "process \(index)", until: later)
            return try await store.claimTurns(claim, after: nil, limit: 2, at: noon)
        }
        let claimed = try results.flatMap { try $0.get().map(\.turn.publicID) }
        #expect(claimed.sorted() == ["t-1", "t-2", "t-3", "t-4"])
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `a turn may be accepted with a claim`(engine: StoreEngine) async throws {
        let fixture = try await StoreFixture(engine)
        var draft = fixture.draft("t-1")
        draft.claim = TurnClaim(owner: "a", until: later)
        _ = try await fixture.store.acceptTurn(draft, at: noon)
        #expect(try await claim(fixture.store, "b").isEmpty)
        #expect(try await claim(fixture.store, "a").count == 1)
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `claims are renewed for all open turns of a process`(engine: StoreEngine) async throws {
        let fixture = try await StoreFixture(engine)
        let store = fixture.store
        for index in 1...2 { _ = try await fixture.turn("t-\(index)") }
        let claimed = try await claim(store, "a")
        _ = try await fixture.call(claimed[0].turn.id)
        let claim = TurnClaim(owner: "a", until: later + .seconds(60))
        #expect(try await store.renewClaims(claim) == 2)
        #expect(try await self.claim(store, "b", at: later).isEmpty)
        let other = TurnClaim(owner: "b", until: later)
        #expect(try await store.renewClaims(other) == 0)
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `a turn that was interrupted or tried again has no claim`(
        engine: StoreEngine
    ) async throws {
        let fixture = try await StoreFixture(engine)
        let store = fixture.store
        let turn = try await fixture.turn("t-1")
        _ = try await claim(store, "a")
        try await store.finishTurn(turn, as: TurnOutcome(.interrupted, answer: ""), at: noon)
        #expect(try await claim(store, "b").count == 1)
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `a start voids every claim`(engine: StoreEngine) async throws {
        let fixture = try await StoreFixture(engine)
        _ = try await fixture.turn("t-1")
        _ = try await claim(fixture.store, "a")
        let store = try await fixture.restarted()
        _ = try await store.recover(at: noon)
        #expect(try await claim(store, "b").map(\.turn.publicID) == ["t-1"])
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `a turn of a deleted conversation is not claimed`(
        engine: StoreEngine
    ) async throws {
        let fixture = try await StoreFixture(engine)
        // A long conversation is not purged at once.
        for number in 0..<100 { _ = try await fixture.turn("t-\(number)") }
        try await fixture.store.deleteSession(fixture.session.id, at: noon)
        #expect(try await claim(fixture.store, "a").isEmpty)
        #expect(try await fixture.store.turn(publicID: "t-99") != nil)
    }
}
