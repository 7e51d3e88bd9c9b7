import BerthLoop
import BerthTelemetry
import BerthTestKit
import Testing

@testable import BerthStore

@Suite(.loop, .timeLimit(.minutes(20))) struct LibraryStoreTests {
    private static let noon = StoreFixture.noon
    private var noon: Timestamp { Self.noon }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `every conversation is reached by pages, also those of the same moment`(
        engine: StoreEngine
    ) async throws {
        let fixture = try await StoreFixture(engine)
        for number in 2...25 {
            _ = try await fixture.openSession("s-\(number)", at: noon + .seconds(number / 10))
        }
        var (all, before) = ([String](), String?.none)
        repeat {
            let page = try await fixture.list(limit: 4, before: before)
            all += page
            before = page.last
        } while before != nil
        #expect(all == (1...25).reversed().map { "s-\($0)" })
        #expect(try await fixture.list(before: "s-0") == ["none"])
        let bob = try await fixture.store.addTenant(named: "bob", at: noon)
        _ = try await fixture.openSession("b-1", of: bob.id)
        #expect(try await fixture.list(before: "b-1") == ["none"])
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `pinned conversations come first and archived ones are in a list of their own`(
        engine: StoreEngine
    ) async throws {
        let fixture = try await StoreFixture(engine)
        let store = fixture.store
        let second = try await fixture.openSession("s-2", at: noon + .seconds(1))
        let third = try await fixture.openSession("s-3", at: noon + .seconds(2))
        try await store.changeSession(fixture.session.id, SessionUpdate(isPinned: true))
        try await store.changeSession(second.id, SessionUpdate(isArchived: true))
        #expect(try await fixture.list() == ["s-1", "s-3"])
        #expect(try await fixture.list(limit: 1, before: "s-1") == ["s-3"])
        #expect(try await fixture.list(isArchived: true) == ["s-2"])
        #expect(try await store.session(publicID: "s-1")?.isPinned == true)
        #expect(try await store.session(publicID: "s-2")?.isArchived == true)
        // Other changes leave the marks as they are.
        try await store.changeSession(fixture.session.id, SessionUpdate(title: "a"))
        try await store.changeSession(third.id, SessionUpdate(isPinned: true))
        #expect(try await fixture.list() == ["s-3", "s-1"])
        try await store.changeSession(second.id, SessionUpdate(isArchived: false))
        try await store.changeSession(third.id, SessionUpdate(isPinned: false))
        #expect(try await fixture.list() == ["s-1", "s-3", "s-2"])
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `a deletion that is held can be undone until it is due`(
        engine: StoreEngine
    ) async throws {
        let fixture = try await StoreFixture(engine)
        let (store, id, ann) = (fixture.store, fixture.session.id, fixture.tenant.id)
        let bob = try await store.addTenant(named: "bob", at: noon)
        _ = try await fixture.answered("t-1")
        let due = noon + .seconds(30)
        try await store.holdSession(id, until: due)
        #expect(try await store.session(publicID: "s-1") == nil)
        #expect(try await fixture.list() == [])
        while try await store.purge(at: due + .milliseconds(-1)) {}
        #expect(try await !store.restoreSession(publicID: "s-1", of: bob.id, at: noon))
        #expect(try await store.restoreSession(publicID: "s-1", of: ann, at: noon))
        #expect(try await !store.restoreSession(publicID: "s-1", of: ann, at: noon))
        #expect(try await store.turn(publicID: "t-1")?.answer == "67890")
        try await store.holdSession(id, until: due)
        await #expect(throws: StoreError.notFound(what: "conversation")) {
            try await store.holdSession(id, until: due)
        }
        #expect(try await !store.restoreSession(publicID: "s-1", of: ann, at: due))
        while try await store.purge(at: due) {}
        #expect(try await store.turn(publicID: "t-1") == nil)
        #expect(try await !store.restoreSession(publicID: "s-1", of: ann, at: noon))
    }

    @Loop @Test func `a held deletion survives a restart and is not undone by a removed tenant`()
        async throws
    {
        let fixture = try await StoreFixture()
        _ = try await fixture.answered("t-1")
        try await fixture.store.holdSession(fixture.session.id, until: noon + .seconds(30))
        await fixture.store.close()
        let folder = try DataFolder(path: fixture.files.path)
        let again = try await Database.open(in: folder, log: .silent)
        #expect(try await again.session(publicID: "s-1") == nil)
        let ann = fixture.tenant.id
        #expect(try await again.restoreSession(publicID: "s-1", of: ann, at: noon))
        try await again.holdSession(fixture.session.id, until: noon + .seconds(30))
        _ = try await again.removeTenant(ann)
        #expect(try await !again.restoreSession(publicID: "s-1", of: ann, at: noon))
        #expect(try await again.turn(publicID: "t-1") == nil)
        await again.close()
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `a conversation is read from its beginning, in pages, without open turns`(
        engine: StoreEngine
    ) async throws {
        let fixture = try await StoreFixture(engine)
        var ids: [Turn.ID] = []
        for number in 0..<7 { ids.append(try await fixture.answered("t-\(number)")) }
        _ = try await fixture.turn("open")
        func page(_ after: Turn.ID?, _ bytes: Int = 1_000, through: Turn.ID? = nil) async throws
            -> [String]
        {
            try await fixture.store.turns(
                of: fixture.session.id,
                after: after,
                through: through,
                limit: 3,
                bytes: bytes
            ).map(\.publicID)
        }
        #expect(try await page(nil) == ["t-0", "t-1", "t-2"])
        #expect(try await page(ids[5]) == ["t-6"])
        #expect(try await page(ids[6]) == [])
        #expect(try await page(nil, 1) == ["t-0"])
        #expect(try await page(ids[1], through: ids[2]) == ["t-2"])
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `a link shows a conversation as it was when it was shared, until it ends`(
        engine: StoreEngine
    ) async throws {
        let fixture = try await StoreFixture(engine)
        let (store, id) = (fixture.store, fixture.session.id)
        let first = try await fixture.answered("t-1")
        let share = try await store.share(id, as: "one", at: noon)
        #expect(share.name == "one" && share.session == "s-1")
        let second = try await fixture.answered("t-2")
        #expect(try await store.shared("one")?.lastTurn == first)
        // The name stays, the end moves.
        #expect(try await store.share(id, as: "two", at: noon).name == "one")
        #expect(try await store.shared("one")?.lastTurn == second)
        #expect(try await store.shared("two") == nil)
        #expect(try await store.shares(of: fixture.tenant.id) == [share])
        try await store.endShare(of: id)
        #expect(try await store.shared("one") == nil)
        #expect(try await store.shares(of: fixture.tenant.id) == [])
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `a link goes with its conversation and with its tenant, and comes back with it`(
        engine: StoreEngine
    ) async throws {
        let fixture = try await StoreFixture(engine)
        let (store, ann) = (fixture.store, fixture.tenant.id)
        let other = try await fixture.openSession("s-2")
        _ = try await store.share(fixture.session.id, as: "one", at: noon)
        _ = try await store.share(other.id, as: "two", at: noon)
        try await store.holdSession(fixture.session.id, until: noon + .seconds(30))
        #expect(try await store.shared("one") == nil)
        #expect(try await store.shares(of: ann).map(\.name) == ["two"])
        _ = try await store.restoreSession(publicID: "s-1", of: ann, at: noon)
        #expect(try await store.shared("one") != nil)
        try await store.deleteSession(fixture.session.id, at: noon)
        #expect(try await store.shared("one") == nil)
        _ = try await store.removeTenant(ann)
        #expect(try await store.shared("two") == nil)
    }
}
