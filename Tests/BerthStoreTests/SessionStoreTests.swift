import BerthLoop
import BerthStore
import BerthTestKit
import Testing

@Suite(.loop) struct SessionStoreTests {
    private let noon = StoreFixture.noon
    private let none = StoreError.notFound(what: "conversation")

    @Loop @Test(arguments: StoreEngine.allCases)
    func `a conversation is found by its public id until it is deleted`(
        engine: StoreEngine
    ) async throws {
        let fixture = try await StoreFixture(engine)
        let store = fixture.store
        #expect(try await store.session(publicID: "s-1") == fixture.session)
        try await store.deleteSession(fixture.session.id, at: noon)
        #expect(try await store.session(publicID: "s-1") == nil)
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `a place of a chat has one conversation until that one is deleted`(
        engine: StoreEngine
    ) async throws {
        let fixture = try await StoreFixture(engine)
        let store = fixture.store
        let first = try await fixture.openSession("s-2", .telegram, chat: "7")
        await #expect(throws: StoreError.self) {
            _ = try await fixture.openSession("s-3", .telegram, chat: "7")
        }
        let place = Place(channel: .telegram, chat: "7")
        #expect(try await store.session(at: place) == first)
        try await store.deleteSession(first.id, at: noon)
        #expect(try await store.session(at: place) == nil)
        let second = try await fixture.openSession("s-3", .telegram, chat: "7")
        #expect(try await store.session(at: place) == second)
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `each topic of a chat is a place of its own`(engine: StoreEngine) async throws {
        let fixture = try await StoreFixture(engine)
        let store = fixture.store
        for topic in ["", "1", "2"] {
            let place = Place(channel: .telegram, chat: "7", topic: topic)
            let draft = SessionDraft(
                publicID: "topic-\(topic)",
                place: place,
                tenant: fixture.tenant.id
            )
            _ = try await store.openSession(draft, at: noon)
        }
        let place = Place(channel: .telegram, chat: "7", topic: "2")
        #expect(try await store.session(at: place)?.publicID == "topic-2")
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `any number of conversations are without a chat, and none is found by it`(
        engine: StoreEngine
    ) async throws {
        let fixture = try await StoreFixture(engine)
        _ = try await fixture.openSession("s-2")
        #expect(try await fixture.store.session(at: Place(channel: .web)) == nil)
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `a group's conversation has no owner`(engine: StoreEngine) async throws {
        let store = try await StoreFixture(engine).store
        let place = Place(channel: .telegram, chat: "-5", topic: "3")
        let draft = SessionDraft(publicID: "g", place: place, tenant: nil)
        let group = try #require(try await store.openSession(draft, at: noon))
        #expect(group.isGroup && group.tenant == nil && group.place == place)
        #expect(try await store.session(at: place) == group)
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `of two conversations that are opened at one place at once, one is opened`(
        engine: StoreEngine
    ) async throws {
        let fixture = try await StoreFixture(engine)
        let (store, noon, ann) = (fixture.store, noon, fixture.tenant.id)
        let place = Place(channel: .telegram, chat: "7")
        let results = try await race { index async throws(StoreError) in
            try await store.openSession(
                SessionDraft(publicID: "r-\(index)", place: place, tenant: ann),
                at: noon
            )
        }
        let opened = results.compactMap { try? $0.get() }
        #expect(opened.count == 1)
        #expect(try await store.session(at: place) == opened[0])
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `a public id that is taken is refused`(engine: StoreEngine) async throws {
        let fixture = try await StoreFixture(engine)
        let error = await #expect(throws: StoreError.self) {
            _ = try await fixture.openSession("s-1", .terminal)
        }
        #expect(error?.isExists == true)
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `a removed tenant opens no conversation`(engine: StoreEngine) async throws {
        let fixture = try await StoreFixture(engine)
        _ = try await fixture.store.removeTenant(fixture.tenant.id)
        await #expect(throws: StoreError.notFound(what: "tenant")) {
            _ = try await fixture.openSession("s-2")
        }
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `one conversation too many is not opened until one is deleted`(
        engine: StoreEngine
    ) async throws {
        let fixture = try await StoreFixture(engine)
        let store = fixture.store
        var draft = SessionDraft(
            publicID: "s-2",
            place: Place(channel: .web),
            tenant: fixture.tenant.id,
            limit: 1
        )
        #expect(try await store.openSession(draft, at: noon) == nil)
        draft.place = Place(channel: .terminal)
        #expect(try await store.openSession(draft, at: noon) != nil)
        try await store.deleteSession(fixture.session.id, at: noon)
        (draft.publicID, draft.place) = ("s-3", Place(channel: .web))
        #expect(try await store.openSession(draft, at: noon) != nil)
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `the oldest conversation of a channel is the one in which nothing was said for longest`(
        engine: StoreEngine
    ) async throws {
        let fixture = try await StoreFixture(engine)
        let (store, ann) = (fixture.store, fixture.tenant.id)
        let second = try await fixture.openSession("s-2", at: noon + .seconds(1))
        _ = try await store.acceptTurn(fixture.draft("t-1"), at: noon + .seconds(2))  // in s-1
        #expect(try await store.oldestSession(of: ann, channel: .web) == second)
        #expect(try await store.oldestSession(of: ann, channel: .terminal) == nil)
        try await store.deleteSession(second.id, at: noon)
        #expect(try await store.oldestSession(of: ann, channel: .web)?.publicID == "s-1")
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `conversations are listed by channel and their last word until deleted`(
        engine: StoreEngine
    ) async throws {
        let fixture = try await StoreFixture(engine)
        let store = fixture.store
        let second = try await fixture.openSession("s-2", at: noon + .seconds(1))
        _ = try await fixture.openSession("s-3", .terminal)
        func list(_ limit: Int) async throws -> [String] {
            try await fixture.list(limit: limit)
        }
        #expect(try await list(9) == ["s-2", "s-1"])
        _ = try await store.acceptTurn(fixture.draft("t-1"), at: noon + .seconds(2))
        #expect(try await list(9) == ["s-1", "s-2"])
        #expect(try await list(1) == ["s-1"])
        #expect(try await list(-1) == [])
        try await store.deleteSession(second.id, at: noon)
        #expect(try await list(9) == ["s-1"])
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `a title and a model are changed together or each alone`(
        engine: StoreEngine
    ) async throws {
        let fixture = try await StoreFixture(engine)
        let (store, id) = (fixture.store, fixture.session.id)
        func change(_ update: SessionUpdate) async throws -> [String?] {
            try await store.changeSession(id, update)
            let session = try await store.session(publicID: "s-1")
            return [session?.title, session?.model]
        }
        #expect(try await change(SessionUpdate(title: "a", model: .named("m"))) == ["a", "m"])
        #expect(try await change(SessionUpdate(title: "b")) == ["b", "m"])
        #expect(try await change(SessionUpdate(model: .any)) == ["b", nil])
        #expect(try await change(SessionUpdate()) == ["b", nil])
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `a deleted conversation cannot be changed, cleared or deleted`(
        engine: StoreEngine
    ) async throws {
        let fixture = try await StoreFixture(engine)
        let (store, id) = (fixture.store, fixture.session.id)
        try await store.deleteSession(id, at: noon)
        await #expect(throws: none) {
            try await store.changeSession(id, SessionUpdate(title: "a"))
        }
        await #expect(throws: none) { try await store.clearWindow(of: id) }
        await #expect(throws: none) { try await store.deleteSession(id, at: noon) }
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `a full disk leaves title and model as they were`(engine: StoreEngine) async throws {
        let fixture = try await StoreFixture(engine)
        let (id, long) = (fixture.session.id, String(repeating: "x", count: 300_000))
        let (problems, _) = try await fixture.fullDisk { store async throws(StoreError) in
            try await store.changeSession(id, SessionUpdate(title: "a", model: .named(long)))
        }
        #expect(problems.isEmpty)
        #expect(try await fixture.store.session(publicID: "s-1")?.model == long)
    }
}
