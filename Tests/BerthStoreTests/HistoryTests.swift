import BerthLoop
import BerthStore
import BerthTestKit
import Testing

@Suite(.loop) struct HistoryTests {
    private let noon = StoreFixture.noon
    private let all = SessionWindow.Limits(exchanges: 10, bytes: 1000)

    @Loop @Test(arguments: StoreEngine.allCases)
    func `history comes in pages, newest first`(engine: StoreEngine) async throws {
        let fixture = try await StoreFixture(engine)
        for index in 1...7 { _ = try await fixture.turn("t-\(index)") }
        var (pages, more, before) = ([[String]](), [Bool](), String?.none)
        for _ in 0..<3 {
            let page = try await page(fixture, before: before, limit: 3)
            pages.append(page?.turns.map(\.publicID) ?? [])
            more.append(page?.hasMore ?? false)
            before = pages.last?.last
        }
        #expect(pages == [["t-7", "t-6", "t-5"], ["t-4", "t-3", "t-2"], ["t-1"]])
        #expect(more == [true, true, false])
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `a page ends after its bytes, with one turn at least`(engine: StoreEngine) async throws {
        let fixture = try await StoreFixture(engine)
        for index in 1...4 { _ = try await fixture.answered("t-\(index)") }
        let short = try await page(fixture, before: nil, limit: 9, bytes: 11)
        #expect(short?.turns.map(\.publicID) == ["t-4", "t-3"] && short?.hasMore == true)
        let one = try await page(fixture, before: "t-2", limit: 9, bytes: 1)
        #expect(one?.turns.map(\.publicID) == ["t-1"] && one?.hasMore == false)
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `there is no page before a turn of another conversation`(
        engine: StoreEngine
    ) async throws {
        let fixture = try await StoreFixture(engine)
        _ = try await fixture.turn("t-1")
        let other = try await fixture.openSession("s-2").id
        let store = fixture.store
        #expect(try await store.history(of: other, before: "t-1", limit: 9, bytes: 99) == nil)
        #expect(try await page(fixture, before: "t-9", limit: 9) == nil)
        let empty = try await store.history(of: other, before: nil, limit: 9, bytes: 99)
        #expect(empty?.turns.isEmpty == true && empty?.hasMore == false)
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `the window holds answered turns up to its bounds`(engine: StoreEngine) async throws {
        let fixture = try await StoreFixture(engine)
        var ids: [Turn.ID] = []
        for index in 1...6 {
            ids.append(try await fixture.answered("t-\(index)", index == 3 ? .failed : .done))
        }
        _ = try await fixture.turn("t-7", text: "open")
        let limits = [
            (10, 1000), (2, 1000), (10, 39 + 3 * SessionWindow.perExchange), (10, 0), (-1, 1000),
        ]
        var windows: [[Int]] = []
        for (exchanges, bytes) in limits {
            let limits = SessionWindow.Limits(exchanges: exchanges, bytes: bytes)
            windows.append(
                try await window(fixture, limits).map { (ids.firstIndex(of: $0) ?? -9) + 1 }
            )
        }
        #expect(windows == [[6, 5, 4, 2, 1], [6, 5], [6, 5, 4], [], []])
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `the window names the newest exchange that it has no room for`(
        engine: StoreEngine
    ) async throws {
        let fixture = try await StoreFixture(engine)
        for index in 1...5 {
            _ = try await fixture.answered("t-\(index)", index == 2 ? .failed : .done)
        }
        let limits = [(10, 1000), (3, 1000), (4, 1000), (1, 1000), (10, 200), (10, 0), (0, 1000)]
        var left: [String?] = []
        for (exchanges, bytes) in limits {
            let limits = SessionWindow.Limits(exchanges: exchanges, bytes: bytes)
            let window = try await fixture.store.window(
                of: "s-1",
                before: nil,
                limits: limits,
                asking: nil
            )
            left.append(window?.leftOut)
        }
        #expect(left == [nil, "t-1", nil, "t-4", "t-4", "t-5", nil])
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `a turn keeps what its prompt left out, and the file of a long message`(
        engine: StoreEngine
    ) async throws {
        let fixture = try await StoreFixture(engine)
        _ = try await fixture.answered("t-1")
        var draft = fixture.draft("t-2")
        draft.leftOut = "t-1"
        let hash = [UInt8](repeating: 7, count: 32)
        let tenant = draft.tenant
        let file = try await fixture.store.addFile(
            FileDraft(id: "f-1", tenant: tenant, hash: hash, bytes: 700, kind: "text/plain"),
            at: noon
        )
        draft.wholeText = TurnPicture(file: file.id, width: 0, height: 0)
        let id = try await fixture.store.acceptTurn(draft, at: noon)
        let outcome = TurnOutcome(.done, answer: "yes")
        _ = try await fixture.store.finishTurn(id, as: outcome, at: noon)
        let turn = try #require(try await fixture.store.turn(publicID: "t-2"))
        #expect(turn.leftOut == "t-1" && turn.wholeText?.bytes == 700 && turn.inputs.isEmpty)
        let whole = SessionWindow.Limits(exchanges: 10, bytes: 2_000)
        let window = try await fixture.store.window(
            of: "s-1",
            before: nil,
            limits: whole,
            asking: nil
        )
        #expect(window?.hadLeftOut == true)
        #expect(window?.exchanges.first?.wholeText?.file == "f-1")
        #expect(window?.exchanges.first?.inputs.isEmpty == true)
        // The file counts, not the beginning of its text.
        #expect(try await self.window(fixture, all).isEmpty == false)
        let small = SessionWindow.Limits(exchanges: 10, bytes: 600)
        #expect(try await self.window(fixture, small).isEmpty)
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `the window leaves translations and pictures out`(engine: StoreEngine) async throws {
        let fixture = try await StoreFixture(engine)
        var kept: [Turn.ID] = []
        for kind in Turn.Kind.allCases {
            var draft = fixture.draft("t-\(kind)")
            draft.kind = kind
            let turn = try await fixture.store.acceptTurn(draft, at: noon)
            try await fixture.store.finishTurn(
                turn,
                as: TurnOutcome(.done, answer: "answer"),
                at: noon
            )
            #expect(try await fixture.store.turn(publicID: "t-\(kind)")?.kind == kind)
            if kind == .message { kept.append(turn) }
        }
        #expect(try await window(fixture, all) == kept)
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `the window is empty after it was cleared, the history is not`(
        engine: StoreEngine
    ) async throws {
        let fixture = try await StoreFixture(engine)
        _ = try await fixture.answered("t-1")
        try await fixture.store.clearWindow(of: fixture.session.id)
        #expect(try await window(fixture, all).isEmpty)
        #expect(try await page(fixture, before: nil, limit: 9)?.turns.count == 1)
        let next = try await fixture.answered("t-2")
        #expect(try await window(fixture, all) == [next])
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `the window before a turn holds the earlier ones`(engine: StoreEngine) async throws {
        let fixture = try await StoreFixture(engine)
        let first = try await fixture.answered("t-1")
        let second = try await fixture.answered("t-2")
        #expect(try await window(fixture, all, before: second) == [first])
        #expect(try await window(fixture, all, before: first) == [])
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `an answer that was stopped is repeated if it has a word`(engine: StoreEngine) async throws
    {
        let fixture = try await StoreFixture(engine)
        let stopped = try await fixture.answered("t-1", .stopped)
        let silent = try await fixture.turn("t-2")
        let end = TurnOutcome(.stopped, answer: "")
        try await fixture.store.finishTurn(silent, as: end, at: noon)
        #expect(try await window(fixture, all) == [stopped])
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `a window comes with its conversation, and none of a deleted one`(
        engine: StoreEngine
    ) async throws {
        let fixture = try await StoreFixture(engine)
        let store = fixture.store
        _ = try await fixture.answered("t-1")
        let found = try await store.window(of: "s-1", before: nil, limits: all, asking: nil)
        #expect(found?.session.id == fixture.session.id)
        #expect(found?.exchanges.map(\.text) == ["12345"])
        #expect(found?.exchanges.map(\.answer) == ["67890"])
        try await store.deleteSession(fixture.session.id, at: noon)
        #expect(try await store.window(of: "s-1", before: nil, limits: all, asking: nil) == nil)
    }

    // MARK: Helpers

    @Loop private func page(
        _ fixture: StoreFixture,
        before: String?,
        limit: Int,
        bytes: Int = 1000
    ) async throws -> HistoryPage? {
        try await fixture.store.history(
            of: fixture.session.id,
            before: before,
            limit: limit,
            bytes: bytes
        )
    }

    @Loop private func window(
        _ fixture: StoreFixture,
        _ limits: SessionWindow.Limits,
        before: Turn.ID? = nil
    ) async throws -> [Turn.ID] {
        try await fixture.store.window(of: "s-1", before: before, limits: limits, asking: nil)?
            .exchanges.map(\.turn) ?? []
    }
}
