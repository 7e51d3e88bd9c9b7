import BerthLoop
import BerthStore
import BerthTestKit
import Testing

/// The files that turns refer to, and the end of their last use.
@Suite(.loop) struct TurnFileTests {
    private let noon = StoreFixture.noon

    /// Adds files of the fixture's tenant, named "f-1" and so on.
    @Loop private func add(_ count: Int, _ fixture: StoreFixture) async throws {
        for number in 1...count {
            let draft = FileDraft(
                id: "f-\(number)",
                tenant: fixture.tenant.id,
                hash: hash(UInt8(number)),
                bytes: 100 * number,
                kind: "image/png"
            )
            _ = try await fixture.store.addFile(draft, at: noon)
        }
    }

    /// A turn with the picture "f-1", whose thumbnail is "f-2", and an answer of "f-3" twice.
    @Loop private func drawn(
        _ publicID: String,
        _ fixture: StoreFixture,
        in session: Session.ID? = nil,
        _ end: TurnOutcome.End = .done
    ) async throws -> Turn.ID {
        var draft = fixture.draft(publicID)
        draft.session = session ?? fixture.session.id
        draft.kind = .image
        draft.inputs = [TurnPicture(file: "f-1", thumbnail: "f-2", width: 4, height: 3)]
        let turn = try await fixture.store.acceptTurn(draft, at: noon)
        var outcome = TurnOutcome(end, answer: "a picture")
        outcome.pictures = [2, 9].map { TurnPicture(file: "f-3", width: $0, height: 1) }
        #expect(try await fixture.store.finishTurn(turn, as: outcome, at: noon))
        return turn
    }

    @Loop private func uses(_ fixture: StoreFixture) async throws -> [Int] {
        try await fixture.store.files(after: "", limit: 9).map(\.uses)
    }

    @Loop private func released(_ fixture: StoreFixture) async throws -> [String] {
        try await fixture.store.unusedFiles(before: noon, of: nil, limit: 9).map(\.id)
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `a turn's files are read with it, in order, with their kind and length`(
        engine: StoreEngine
    ) async throws {
        let fixture = try await StoreFixture(engine)
        try await add(3, fixture)
        _ = try await drawn("t-1", fixture)
        let turn = try #require(try await fixture.store.turn(publicID: "t-1"))
        let input = try #require(turn.inputs.first)
        #expect(input.file == "f-1" && input.thumbnail == "f-2" && turn.inputs.count == 1)
        #expect((input.width, input.height) == (4, 3))
        #expect(input.kind == "image/png" && input.bytes == 100 && !input.isDeleted)
        #expect(turn.pictures.map(\.width) == [2, 9] && turn.pictures.map(\.bytes) == [300, 300])
        #expect(turn.pictures.allSatisfy { $0.thumbnail == nil })
        let page = try await fixture.store.history(
            of: fixture.session.id,
            before: nil,
            limit: 9,
            bytes: 1 << 20
        )
        #expect(page?.turns == [turn])
        let store = try await fixture.restarted()
        #expect(try await store.turn(publicID: "t-1") == turn)
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `a window has the pictures of its messages that are not deleted`(
        engine: StoreEngine
    ) async throws {
        let fixture = try await StoreFixture(engine)
        try await add(3, fixture)
        for (id, files) in [("t-1", ["f-1", "f-2"]), ("t-2", []), ("t-3", ["f-3"])] {
            var draft = fixture.draft(id)
            draft.inputs = files.map { TurnPicture(file: $0, width: 4, height: 3) }
            let turn = try await fixture.store.acceptTurn(draft, at: noon)
            let outcome = TurnOutcome(.done, answer: "an answer")
            #expect(try await fixture.store.finishTurn(turn, as: outcome, at: noon))
        }
        _ = try await fixture.store.deleteFile("f-1")
        let limits = SessionWindow.Limits(exchanges: 9, bytes: 1 << 20)
        let window = try await fixture.store.window(
            of: fixture.session.publicID,
            before: nil,
            limits: limits,
            asking: nil
        )
        #expect(window?.exchanges.map { $0.inputs.map(\.file) } == [["f-3"], [], ["f-2"]])
        #expect(window?.exchanges.first?.inputs.first?.bytes == 300)
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `a file's thumbnails are those that nothing else uses`(
        engine: StoreEngine
    ) async throws {
        let fixture = try await StoreFixture(engine)
        try await add(4, fixture)
        _ = try await drawn("t-1", fixture)
        _ = try await drawn("t-2", fixture)
        #expect(try await fixture.store.thumbnails(of: "f-1") == ["f-2"])
        #expect(try await fixture.store.thumbnails(of: "f-3").isEmpty)
        var draft = fixture.draft("t-3")
        draft.inputs = [TurnPicture(file: "f-2", thumbnail: "f-4", width: 4, height: 3)]
        _ = try await fixture.store.acceptTurn(draft, at: noon)
        #expect(try await fixture.store.thumbnails(of: "f-1").isEmpty)
        #expect(try await fixture.store.thumbnails(of: "f-2") == ["f-4"])
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `a claimed turn has its files`(engine: StoreEngine) async throws {
        let fixture = try await StoreFixture(engine)
        try await add(1, fixture)
        var draft = fixture.draft("t-1")
        draft.inputs = [TurnPicture(file: "f-1", width: 4, height: 3)]
        _ = try await fixture.store.acceptTurn(draft, at: noon)
        let claim = TurnClaim(owner: "a", until: noon)
        let turns = try await fixture.store.claimTurns(claim, after: nil, limit: 9, at: noon)
        #expect(turns.map(\.turn.inputs.first?.file) == ["f-1"])
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `uses are the references of turns`(engine: StoreEngine) async throws {
        let fixture = try await StoreFixture(engine)
        try await add(4, fixture)
        _ = try await drawn("t-1", fixture)
        #expect(try await uses(fixture) == [1, 1, 2, 0])
        _ = try await drawn("t-2", fixture)
        #expect(try await uses(fixture) == [2, 2, 4, 0])
        #expect(try await released(fixture) == [])
    }

    /// A way in which a turn of a conversation is deleted.
    enum Deletion: CaseIterable {
        case conversation, longConversation, turnOfGroup, purgeAtStart
    }

    @Loop @Test(arguments: StoreEngine.allCases, Deletion.allCases)
    func `every deletion of a turn takes its uses back`(
        engine: StoreEngine,
        deletion: Deletion
    ) async throws {
        let fixture = try await StoreFixture(engine)
        let store = fixture.store
        try await add(4, fixture)
        switch deletion {
        case .conversation, .purgeAtStart, .longConversation:
            if deletion != .conversation {
                for number in 0..<40 { _ = try await fixture.turn("before-\(number)") }
            }
            _ = try await drawn("t-1", fixture)
            try await store.deleteSession(fixture.session.id, at: noon)
            if deletion == .conversation { break }
            #expect(try await uses(fixture) == [1, 1, 2, 0])
            let next = deletion == .purgeAtStart ? try await fixture.restarted() : store
            while try await next.purge(at: noon) {}
            #expect(try await next.files(after: "", limit: 9).map(\.uses) == [0, 0, 0, 0])
            let unused = try await next.unusedFiles(before: noon, of: nil, limit: 9)
            #expect(unused.map(\.id) == ["f-1", "f-2", "f-3"])
            return
        case .turnOfGroup:
            let place = Place(channel: .telegram, chat: "-5")
            let draft = SessionDraft(publicID: "g", place: place, tenant: nil)
            let group = try #require(try await store.openSession(draft, at: noon))
            let bob = try await store.addTenant(named: "bob", at: noon)
            var turn = fixture.draft("t-1")
            (turn.session, turn.tenant) = (group.id, bob.id)
            turn.inputs = [TurnPicture(file: "f-1", width: 1, height: 1)]
            _ = try await store.acceptTurn(turn, at: noon)
            #expect(try await uses(fixture) == [1, 0, 0, 0])
            _ = try await store.removeTenant(bob.id)
            #expect(try await uses(fixture) == [0, 0, 0, 0])
            #expect(try await released(fixture) == ["f-1"])
            return
        }
        #expect(try await uses(fixture) == [0, 0, 0, 0])
        #expect(try await released(fixture) == ["f-1", "f-2", "f-3"])
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `a failed turn that is asked again gives its pictures back and keeps its inputs`(
        engine: StoreEngine
    ) async throws {
        let fixture = try await StoreFixture(engine)
        try await add(3, fixture)
        let turn = try await drawn("t-1", fixture, .failed)
        #expect(try await fixture.store.retryTurn(turn))
        #expect(try await uses(fixture) == [1, 1, 0])
        let row = try await fixture.store.turn(publicID: "t-1")
        #expect(row?.pictures == [] && row?.inputs.count == 1)
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `a released file that is added or used again is released no more`(
        engine: StoreEngine
    ) async throws {
        let fixture = try await StoreFixture(engine)
        try await add(3, fixture)
        _ = try await drawn("t-1", fixture)
        let other = try await fixture.openSession("s-2")
        try await fixture.store.deleteSession(fixture.session.id, at: noon)
        #expect(try await released(fixture) == ["f-1", "f-2", "f-3"])
        try await add(1, fixture)
        #expect(try await released(fixture) == ["f-2", "f-3"])
        _ = try await drawn("t-2", fixture, in: other.id)
        #expect(try await released(fixture) == [])
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `a file that no turn took is unused after a time, of one tenant or of all`(
        engine: StoreEngine
    ) async throws {
        let fixture = try await StoreFixture(engine)
        let (store, ann) = (fixture.store, fixture.tenant.id)
        try await add(2, fixture)
        try await fixture.refer(to: "f-2")
        #expect(try await released(fixture) == [])
        let later = noon + .seconds(1)
        #expect(try await store.unusedFiles(before: later, of: ann, limit: 9).map(\.id) == ["f-1"])
        #expect(try await store.unusedFiles(before: later, of: RowID(99), limit: 9) == [])
        #expect(try await store.unusedFiles(before: later, of: nil, limit: 0) == [])
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `a deleted file keeps its place in the turn`(engine: StoreEngine) async throws {
        let fixture = try await StoreFixture(engine)
        try await add(3, fixture)
        _ = try await drawn("t-1", fixture)
        #expect(try await fixture.store.deleteFile("f-3"))
        let turn = try #require(try await fixture.store.turn(publicID: "t-1"))
        #expect(turn.pictures.map(\.isDeleted) == [true, true])
        #expect(turn.pictures.map(\.width) == [2, 9])
        try await fixture.store.deleteSession(fixture.session.id, at: noon)
        #expect(try await released(fixture) == ["f-1", "f-2"])
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `an interrupted turn gets no picture`(engine: StoreEngine) async throws {
        let fixture = try await StoreFixture(engine)
        try await add(3, fixture)
        _ = try await drawn("t-1", fixture, .interrupted)
        #expect(try await uses(fixture) == [1, 1, 0])
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `a full disk records neither the turn nor its files`(engine: StoreEngine) async throws {
        let fixture = try await StoreFixture(engine)
        try await add(3, fixture)
        var draft = fixture.draft("t-1", String(repeating: "x", count: 300_000))
        draft.inputs = [TurnPicture(file: "f-1", width: 1, height: 1)]
        let (noon, accepted) = (noon, draft)
        let (problems, _) = try await fixture.fullDisk { store async throws(StoreError) in
            try await store.acceptTurn(accepted, at: noon)
        }
        #expect(problems.isEmpty)
        #expect(try await uses(fixture) == [1, 0, 0])
    }
}

extension StoreFixture {
    /// Accepts a turn with a file.
    @Loop func refer(to file: String) async throws {
        var draft = draft("refers-to-\(file)")
        draft.inputs = [TurnPicture(file: file, width: 1, height: 1)]
        _ = try await store.acceptTurn(draft, at: Self.noon)
    }
}
