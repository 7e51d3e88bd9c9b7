import BerthLoop
import BerthStore
import BerthTestKit
import Testing

@Suite(.loop) struct OutboxStoreTests {
    private let noon = StoreFixture.noon

    @Loop @Test(arguments: StoreEngine.allCases)
    func `the parts of a place are delivered one after the other`(
        engine: StoreEngine
    ) async throws {
        let fixture = try await StoreFixture(engine)
        let turn = try await fixture.replied("t-1", ["a", "b"])
        _ = try await fixture.replied("t-2", ["c"])
        var bodies: [String] = []
        while let part = try await fixture.due().first {
            bodies.append(part.body)
            let count = try await fixture.due().count
            #expect(count == 1)
            #expect(try await fixture.store.outboxSent(part.id, as: nil, at: noon))
        }
        #expect(bodies == ["a", "b", "c"])
        #expect(turn.value > 0)
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `a part says where it goes, for whom and why`(engine: StoreEngine) async throws {
        let fixture = try await StoreFixture(engine)
        let turn = try await fixture.replied("t-1", ["a"])
        let part = try #require(try await fixture.due().first)
        #expect(part.turn == turn && part.tenant == fixture.tenant.id && part.part == 1)
        #expect(part.place == Place(channel: .telegram, chat: "7"))
        #expect(part.state == .waiting && part.attempts == 0 && part.created == noon)
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `a part that waits for its retry holds those behind it`(
        engine: StoreEngine
    ) async throws {
        let fixture = try await StoreFixture(engine)
        _ = try await fixture.replied("t-1", ["a", "b"])
        let part = try #require(try await fixture.due().first)
        let later = noon + .seconds(5)
        let isLater = try await fixture.store.retryOutboxLater(
            part.id,
            at: later,
            because: "flood",
            isUnsure: false
        )
        #expect(isLater)
        #expect(try await fixture.due().isEmpty)
        let again = try await fixture.due(later)
        #expect(again.map(\.body) == ["a"] && again[0].attempts == 1 && again[0].error == "flood")
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `the reply to a command waits behind earlier parts and goes with its conversation`(
        engine: StoreEngine
    ) async throws {
        let fixture = try await StoreFixture(engine)
        let (store, ann) = (fixture.store, fixture.tenant.id)
        let chat = try await fixture.openSession("s-2", .telegram, chat: "7")
        _ = try await fixture.replied("t-1", ["a"])
        let parts = ["b", "c"].map { OutboxDraft(place: chat.place, body: $0) }
        try await store.addOutbox(parts, in: chat.id, for: ann, finishing: [], at: noon)
        var bodies: [String] = []
        for _ in 0..<2 {
            let part = try #require(try await fixture.due().first)
            bodies.append(part.body)
            #expect(try await store.outboxSent(part.id, as: nil, at: noon))
        }
        #expect(bodies == ["a", "b"])
        let last = try #require(try await fixture.due().first)
        #expect(last.body == "c" && last.turn == nil && last.part == 2 && last.tenant == ann)
        try await store.deleteSession(chat.id, at: noon)
        #expect(try await fixture.due().isEmpty)
        await #expect(throws: StoreError.notFound(what: "conversation")) {
            try await store.addOutbox(parts, in: chat.id, for: ann, finishing: [], at: noon)
        }
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `no place holds another, oldest part first`(engine: StoreEngine) async throws {
        let fixture = try await StoreFixture(engine)
        for (index, chat) in ["9", "7", "8"].enumerated() {
            _ = try await fixture.replied("t-\(index)", ["\(chat)a", "\(chat)b"], chat: chat)
        }
        #expect(try await fixture.due().map(\.body) == ["9a", "7a", "8a"])
        let two = try await fixture.store.dueOutbox(on: .telegram, at: noon, limit: 2)
        #expect(two.map(\.body) == ["9a", "7a"])
        #expect(try await fixture.store.dueOutbox(on: .web, at: noon, limit: 9).isEmpty)
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `a part that was begun and not recorded is counted when it begins again`(
        engine: StoreEngine
    ) async throws {
        let fixture = try await StoreFixture(engine)
        let store = fixture.store
        _ = try await fixture.replied("t-1", ["a"])
        let part = try #require(try await fixture.due().first)
        #expect(part.begun == nil && part.unsure == 0)
        #expect(try await store.beginOutbox(part.id, at: noon))
        let killed = try await fixture.restarted()
        let found = try #require(
            try await killed.dueOutbox(on: .telegram, at: noon, limit: 1).first
        )
        #expect(found.begun == noon && found.unsure == 0)
        #expect(try await killed.beginOutbox(part.id, at: noon))
        #expect(try await killed.troubleCounts(since: noon).unsureParts == 1)
        _ = try await killed.postponeOutbox(part.id, until: noon, because: "flood")
        #expect(try await killed.beginOutbox(part.id, at: noon))
        #expect(try await killed.troubleCounts(since: noon).unsureParts == 1)
        _ = try await killed.retryOutboxLater(part.id, at: noon, because: "", isUnsure: true)
        #expect(try await killed.beginOutbox(part.id, at: noon))
        #expect(try await killed.outboxSent(part.id, as: "5", at: noon))
        #expect(try await killed.troubleCounts(since: noon).unsureParts == 2)
        #expect(try await !killed.beginOutbox(part.id, at: noon))
        let turn = try #require(part.turn)
        #expect(try await killed.messages(of: turn) == ["5"])
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `a chat that cannot be written to ends its parts, of all topics`(
        engine: StoreEngine
    ) async throws {
        let fixture = try await StoreFixture(engine)
        let store = fixture.store
        _ = try await fixture.replied("t-1", ["a", "b"])
        _ = try await fixture.replied("t-2", ["c"], chat: "8")
        let ended = try await store.failOutbox(
            to: "7",
            on: .telegram,
            because: "blocked",
            at: noon
        )
        #expect(ended == 2)
        #expect(try await fixture.due().map(\.body) == ["c"])
        let failed = try await store.troubles(since: noon, limit: 9)
        #expect(failed.map(\.reason) == ["blocked", "blocked"])
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `a chat with a new name keeps its conversation and its parts`(
        engine: StoreEngine
    ) async throws {
        let fixture = try await StoreFixture(engine)
        let store = fixture.store
        let chat = try await fixture.openSession("s-2", .telegram, chat: "7")
        _ = try await fixture.replied("t-1", ["a"])
        try await store.moveChat("7", to: "-100", on: .telegram)
        let moved = Place(channel: .telegram, chat: "-100")
        #expect(try await store.session(at: moved)?.id == chat.id)
        #expect(try await store.session(at: chat.place) == nil)
        #expect(try await fixture.due().map(\.place) == [moved])
        // The new chat has a conversation already: the old one keeps its place.
        let other = try await fixture.openSession("s-3", .telegram, chat: "9")
        try await store.moveChat("9", to: "-100", on: .telegram)
        #expect(try await store.session(at: moved)?.id == chat.id)
        #expect(try await store.session(at: other.place)?.id == other.id)
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `a part names the message that it answers and its preview, until the chat moves`(
        engine: StoreEngine
    ) async throws {
        let fixture = try await StoreFixture(engine)
        let store = fixture.store
        let chat = try await fixture.openSession("s-2", .telegram, chat: "7")
        var draft = fixture.draft("t-1")
        (draft.session, draft.heard) = (chat.id, "17")
        let turn = try await store.acceptTurn(draft, at: noon)
        try await store.keepPreview("18", of: turn)
        let parts = ["a", "b"].map { OutboxDraft(place: chat.place, body: $0) }
        _ = try await store.finishTurn(
            turn,
            as: TurnOutcome(.done, answer: "ab"),
            settling: [],
            outbox: parts,
            at: noon
        )
        let first = try #require(try await fixture.due().first)
        #expect(first.heard == "17" && first.preview == "18")
        #expect(try await store.turn(turn)?.heard == "17")
        try await store.moveChat("7", to: "-100", on: .telegram)
        let moved = try #require(try await fixture.due().first)
        #expect(moved.heard == nil && moved.preview == nil)
        // The second report of one move leaves what came since.
        try await store.keepPreview("3", of: turn)
        try await store.moveChat("7", to: "-100", on: .telegram)
        #expect(try await fixture.due().first?.preview == "3")
        let command = OutboxDraft(place: Place(channel: .telegram, chat: "9"), body: "c")
        var answer = command
        answer.heard = "5"
        try await store.addOutbox([answer], in: chat.id, for: draft.tenant, finishing: [], at: noon)
        #expect(try await fixture.due().last?.heard == "5")
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `a part that was given up holds nothing`(engine: StoreEngine) async throws {
        let fixture = try await StoreFixture(engine)
        _ = try await fixture.replied("t-1", ["a", "b"])
        let part = try #require(try await fixture.due().first)
        #expect(try await fixture.store.failOutbox(part.id, because: "blocked", at: noon))
        #expect(try await fixture.due().map(\.body) == ["b"])
        let failed = try await fixture.store.troubles(since: noon, limit: 9)
        #expect(failed.map(\.subject) == [.part(part.id, part.place)])
        #expect(failed[0].state == .failed && failed[0].tenant == part.tenant)
        #expect(failed[0].reason == "blocked" && failed[0].attempts == 1)
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `a part that is queued again goes first`(engine: StoreEngine) async throws {
        let fixture = try await StoreFixture(engine)
        let store = fixture.store
        _ = try await fixture.replied("t-1", ["a", "b"])
        let part = try #require(try await fixture.due().first)
        #expect(try await !store.requeueOutbox(part.id))
        _ = try await store.failOutbox(part.id, because: "blocked", at: noon)
        #expect(try await store.requeueOutbox(part.id))
        let due = try await fixture.due()
        #expect(due.map(\.body) == ["a"] && due[0].attempts == 0)
        #expect(try await store.troubles(since: noon, limit: 9).isEmpty)
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `parts that were given up are listed newest first`(engine: StoreEngine) async throws {
        let fixture = try await StoreFixture(engine)
        let store = fixture.store
        var parts: [Trouble.Subject] = []
        for index in 0..<3 {
            _ = try await fixture.replied("t-\(index)", ["\(index)"])
            let part = try #require(try await fixture.due().first)
            _ = try await store.failOutbox(part.id, because: "x", at: noon + .seconds(index))
            parts.append(.part(part.id, part.place))
        }
        let listed = try await store.troubles(since: noon, limit: 2).map(\.subject)
        #expect(listed == [parts[2], parts[1]])
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `of two confirmations of a part at once, one counts`(engine: StoreEngine) async throws {
        let fixture = try await StoreFixture(engine)
        let (store, noon) = (fixture.store, noon)
        _ = try await fixture.replied("t-1", ["a"])
        let part = try #require(try await fixture.due().first)
        let results = try await race { index async throws(StoreError) in
            try await store.outboxSent(part.id, as: "\(index)", at: noon)
        }
        #expect(try results.count { try $0.get() } == 1)
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `a part that was sent or is unknown cannot be changed`(engine: StoreEngine) async throws {
        let fixture = try await StoreFixture(engine)
        let store = fixture.store
        _ = try await fixture.replied("t-1", ["a"])
        let part = try #require(try await fixture.due().first)
        _ = try await store.outboxSent(part.id, as: "message 5", at: noon)
        for id in [part.id, RowID(99)] {
            let changes = [
                try await store.outboxSent(id, as: nil, at: noon),
                try await store.retryOutboxLater(id, at: noon, because: "", isUnsure: false),
                try await store.failOutbox(id, because: "", at: noon),
                try await store.requeueOutbox(id),
            ]
            #expect(changes == [false, false, false, false])
        }
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `the time of the next retry is known`(engine: StoreEngine) async throws {
        let fixture = try await StoreFixture(engine)
        let store = fixture.store
        _ = try await fixture.replied("t-1", ["a", "b"])
        let first = try await store.nextOutbox(on: .telegram, after: noon)
        #expect(first.due == nil && first.oldest == noon)
        let part = try #require(try await fixture.due().first)
        let later = noon + .seconds(5)
        _ = try await store.retryOutboxLater(part.id, at: later, because: "", isUnsure: false)
        #expect(try await store.nextOutbox(on: .telegram, after: noon).due == later)
        #expect(try await store.nextOutbox(on: .telegram, after: later).due == nil)
        let other = try await store.nextOutbox(on: .web, after: noon)
        #expect(other.due == nil && other.oldest == nil)
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `a retry that is too far away is brought forward, others are not`(
        engine: StoreEngine
    ) async throws {
        let fixture = try await StoreFixture(engine)
        let store = fixture.store
        _ = try await fixture.replied("t-1", ["a"])
        let part = try #require(try await fixture.due().first)
        for (pause, expected) in [(3_600, 3_600), (86_400, 86_400), (31_536_000, 600)] {
            let due = noon + .seconds(pause)
            _ = try await store.retryOutboxLater(part.id, at: due, because: "", isUnsure: false)
            let (latest, soon) = (noon + .seconds(86_400), noon + .seconds(600))
            try await store.bringOutboxForward(after: latest, to: soon)
            let next = try await store.nextOutbox(on: .telegram, after: noon).due
            #expect(next == noon + .seconds(expected))
        }
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `what was sent is not sent again after a kill, the rest is`(
        engine: StoreEngine
    ) async throws {
        let fixture = try await StoreFixture(engine)
        _ = try await fixture.replied("t-1", ["a", "b"])
        let part = try #require(try await fixture.due().first)
        _ = try await fixture.store.outboxSent(part.id, as: nil, at: noon)
        let store = try await fixture.restarted()
        _ = try await store.recover(at: noon)
        let due = try await store.dueOutbox(on: .telegram, at: noon, limit: 9)
        #expect(due.map(\.body) == ["b"])
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `a removed tenant's replies are forgotten, others' are not`(
        engine: StoreEngine
    ) async throws {
        let fixture = try await StoreFixture(engine)
        let store = fixture.store
        _ = try await fixture.replied("t-1", ["secret"])
        let bob = try await store.addTenant(named: "bob", at: noon).id
        let session = try await fixture.openSession("s-2", of: bob)
        let draft = TurnDraft(publicID: "t-2", session: session.id, tenant: bob, text: "hi")
        let turn = try await store.acceptTurn(draft, at: noon)
        let place = Place(channel: .telegram, chat: "7")
        _ = try await store.finishTurn(
            turn,
            as: TurnOutcome(.done, answer: "x"),
            settling: [],
            outbox: [OutboxDraft(place: place, body: "bob's")],
            at: noon
        )
        _ = try await store.removeTenant(fixture.tenant.id)
        #expect(try await fixture.due().map(\.body) == ["bob's"])
    }
}
