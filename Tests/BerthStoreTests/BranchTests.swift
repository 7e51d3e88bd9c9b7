import BerthLoop
import BerthTestKit
import Testing

@testable import BerthStore

/// Conversations whose turns have other answers or other words beside them.
@Suite(.loop) struct BranchTests {
    private let noon = StoreFixture.noon
    private let all = SessionWindow.Limits(exchanges: 10, bytes: 1000)

    /// Accepts and answers a turn with its public id as its text.
    @Loop @discardableResult
    private func say(
        _ name: String,
        beside: Turn.ID? = nil,
        _ fixture: StoreFixture,
        _ change: (inout TurnDraft) -> Void = { _ in }
    ) async throws -> Turn.ID {
        var draft = fixture.draft(name, name)
        draft.beside = beside
        change(&draft)
        let turn = try await fixture.store.acceptTurn(draft, at: noon)
        try await fixture.store.finishTurn(
            turn,
            as: TurnOutcome(.done, answer: "to \(name)"),
            at: noon
        )
        return turn
    }

    /// The page of the branch that is shown, oldest first.
    @Loop private func shown(_ fixture: StoreFixture, limit: Int = 50) async throws -> [String] {
        let page = try await fixture.store.history(
            of: fixture.session.id,
            before: nil,
            limit: limit,
            bytes: 1000
        )
        return (page?.turns ?? []).reversed().map { turn in
            turn.publicID + (turn.branch.map { " \($0.place)/\($0.count)" } ?? "")
        }
    }

    /// The texts of the next prompt, oldest first.
    @Loop private func window(
        _ fixture: StoreFixture,
        before: Turn.ID? = nil,
        asking question: AskedQuestion? = nil
    ) async throws -> [String] {
        let window = try await fixture.store.window(
            of: "s-1",
            before: before,
            limits: all,
            asking: question
        )
        return (window?.exchanges ?? []).reversed().map(\.text)
    }

    @Loop private func step(
        _ name: String,
        _ step: TurnBranch.Step,
        _ fixture: StoreFixture
    ) async throws -> Bool {
        let turn = try #require(try await fixture.store.turn(publicID: name))
        return try await fixture.store.showBranch(at: turn, step: step)
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `a turn beside another one begins a branch, and each branch is kept`(
        engine: StoreEngine
    ) async throws {
        let fixture = try await StoreFixture(engine)
        try await say("a", fixture)
        let second = try await say("b", fixture)
        try await say("c", fixture)
        #expect(try await window(fixture, before: second) == ["a"])
        try await say("b2", beside: second, fixture)
        #expect(try await shown(fixture) == ["a", "b2 2/2"])
        #expect(try await window(fixture) == ["a", "b2"])
        try await say("d", fixture)
        #expect(try await shown(fixture) == ["a", "b2 2/2", "d"])

        #expect(try await step("b2", .back, fixture))
        #expect(try await shown(fixture) == ["a", "b 1/2", "c"])
        #expect(try await window(fixture) == ["a", "b", "c"])
        #expect(try await !step("b", .back, fixture))
        #expect(try await shown(fixture) == ["a", "b 1/2", "c"])
        #expect(try await step("b", .next, fixture))
        #expect(try await shown(fixture) == ["a", "b2 2/2", "d"])
        #expect(try await !step("b2", .next, fixture))
        // A turn that is not shown is shown with all that follows it.
        #expect(try await step("b", .same, fixture))
        #expect(try await shown(fixture) == ["a", "b 1/2", "c"])
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `the first turn has branches too, and a version of a version is beside both`(
        engine: StoreEngine
    ) async throws {
        let fixture = try await StoreFixture(engine)
        let first = try await say("a", fixture)
        let second = try await say("a2", beside: first, fixture)
        try await say("a3", beside: second, fixture)
        #expect(try await shown(fixture) == ["a3 3/3"])
        #expect(try await window(fixture) == ["a3"])
        #expect(try await step("a3", .back, fixture))
        #expect(try await shown(fixture) == ["a2 2/3"])
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `pages follow the branch that they began with`(engine: StoreEngine) async throws {
        let fixture = try await StoreFixture(engine)
        let first = try await say("a", fixture)
        for name in ["b", "c", "d"] { try await say(name, fixture) }
        try await say("a2", beside: first, fixture)
        let session = fixture.session.id
        let page = try await fixture.store.history(
            of: session,
            before: "d",
            limit: 2,
            bytes: 1000
        )
        #expect(page?.turns.map(\.publicID) == ["c", "b"] && page?.hasMore == true)
        let newest = try await fixture.store.history(
            of: session,
            before: nil,
            limit: 2,
            bytes: 1000
        )
        #expect(newest?.turns.map(\.publicID) == ["a2"] && newest?.hasMore == false)
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `a branch begins in its own conversation alone`(engine: StoreEngine) async throws {
        let fixture = try await StoreFixture(engine)
        let first = try await say("a", fixture)
        let other = try await fixture.openSession("s-2").id
        await #expect(throws: StoreError.notFound(what: "message")) {
            try await say("x", beside: first, fixture) { $0.session = other }
        }
        #expect(try await fixture.store.turn(publicID: "x") == nil)
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `a window that was cleared stays cleared on every branch`(
        engine: StoreEngine
    ) async throws {
        let fixture = try await StoreFixture(engine)
        try await say("a", fixture)
        let second = try await say("b", fixture)
        try await fixture.store.clearWindow(of: fixture.session.id)
        try await say("b2", beside: second, fixture)
        #expect(try await window(fixture) == ["b2"])
        #expect(try await step("b2", .back, fixture))
        #expect(try await window(fixture).isEmpty)
        #expect(try await shown(fixture) == ["a", "b 1/2"])
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `a turn keeps what its author wished and what it cost`(
        engine: StoreEngine
    ) async throws {
        let fixture = try await StoreFixture(engine)
        var draft = fixture.draft("a")
        (draft.isFresh, draft.isContinuation, draft.wish) = (true, true, "p/m")
        let turn = try await fixture.store.acceptTurn(draft, at: noon)
        var outcome = TurnOutcome(.done, answer: "yes")
        (outcome.isCached, outcome.micros) = (true, 42)
        try await fixture.store.finishTurn(turn, as: outcome, at: noon)
        let row = try #require(try await fixture.store.turn(turn))
        #expect(row.isFresh && row.isContinuation && row.wish == "p/m")
        #expect(row.isCached && row.micros == 42 && row.parent == nil)
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `the turns of a removed tenant leave no gap in a group`(
        engine: StoreEngine
    ) async throws {
        let fixture = try await StoreFixture(engine)
        let bob = try await fixture.store.addTenant(named: "bob", at: noon).id
        let place = Place(channel: .telegram, chat: "-5")
        let group = SessionDraft(publicID: "g", place: place, tenant: nil)
        let session = try #require(try await fixture.store.openSession(group, at: noon)).id
        for name in ["b1", "a1", "a2", "b2", "a3"] {
            try await say(name, fixture) {
                $0.session = session
                if name.hasPrefix("b") { $0.tenant = bob }
            }
        }
        _ = try await fixture.store.removeTenant(fixture.tenant.id)
        let page = try await fixture.store.history(of: session, before: nil, limit: 9, bytes: 999)
        #expect(page?.turns.map(\.publicID) == ["b2", "b1"] && page?.hasMore == false)
        try await say("b3", fixture) { ($0.session, $0.tenant) = (session, bob) }
        let later = try await fixture.store.history(of: session, before: nil, limit: 9, bytes: 999)
        #expect(later?.turns.map(\.publicID) == ["b3", "b2", "b1"])
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `a question is known again until it was not asked for long`(
        engine: StoreEngine
    ) async throws {
        let fixture = try await StoreFixture(engine)
        let store = fixture.store
        let question = AskedQuestion(of: fixture.tenant.id, digest: .min)
        func isRepeated() async throws -> Bool? {
            try await store.window(of: "s-2", before: nil, limits: all, asking: question)?
                .isRepeated
        }
        _ = try await fixture.openSession("s-2")
        #expect(try await isRepeated() == false)
        try await say("a", fixture) { $0.question = .min }
        #expect(try await isRepeated() == true)
        // Another conversation, another tenant and the deletion of the conversation change nothing.
        try await store.deleteSession(fixture.session.id, at: noon)
        #expect(try await isRepeated() == true)
        let bob = try await store.addTenant(named: "bob", at: noon).id
        let other = try await store.window(
            of: "s-2",
            before: nil,
            limits: all,
            asking: AskedQuestion(of: bob, digest: .min)
        )
        #expect(other?.isRepeated == false)
        _ = try await store.purge(at: noon + AskedQuestion.lifetime + .seconds(-1))
        #expect(try await isRepeated() == true)
        _ = try await store.purge(at: noon + AskedQuestion.lifetime)
        #expect(try await isRepeated() == false)
    }
}
