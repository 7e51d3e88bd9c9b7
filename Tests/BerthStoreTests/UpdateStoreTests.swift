import BerthLoop
import BerthStore
import BerthTestKit
import Testing

@Suite(.loop) struct UpdateStoreTests {
    private let noon = StoreFixture.noon

    private func update(_ number: Int, _ text: String = "x", bot: Int = 42) -> StoredUpdate {
        StoredUpdate(ChannelUpdate(bot: bot, number: number), body: Array(text.utf8))
    }

    private func open(_ store: any Store, _ bot: Int = 42) async throws -> [Int] {
        try await store.openUpdates(of: bot, after: 0, limit: 9).map(\.key.number)
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `an update is new once, in any order of numbers`(engine: StoreEngine) async throws {
        let store = try await StoreFixture(engine).store
        let first = try await store.receive([update(7), update(5), update(7)], at: noon)
        #expect(first.map(\.number) == [7, 5])
        let second = try await store.receive([update(5, "y"), update(6)], at: noon)
        #expect(second.map(\.number) == [6])
        #expect(try await open(store) == [7, 5, 6])
        #expect(try await store.update(ChannelUpdate(bot: 42, number: 5)) == Array("x".utf8))
        let rest = try await store.openUpdates(of: 42, after: 1, limit: 1)
        #expect(rest.map(\.key.number) == [5])
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `two bots have updates of one number`(engine: StoreEngine) async throws {
        let store = try await StoreFixture(engine).store
        _ = try await store.receive([update(7, bot: 1), update(7, bot: 2)], at: noon)
        #expect(try await open(store, 1) == [7])
        #expect(try await store.finishUpdates([ChannelUpdate(bot: 1, number: 7)], at: noon) == 1)
        #expect(try await open(store, 1).isEmpty)
        #expect(try await open(store, 2) == [7])
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `a finished update has no words, and does not come again`(
        engine: StoreEngine
    ) async throws {
        let store = try await StoreFixture(engine).store
        let key = update(7).key
        _ = try await store.receive([update(7)], at: noon)
        #expect(try await store.finishUpdates([key, key], at: noon) == 1)
        #expect(try await store.update(key) == nil)
        #expect(try await store.receive([update(7)], at: noon).isEmpty)
        #expect(try await store.finishUpdates([key], at: noon) == 0)
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `numbers are forgotten after two days, open updates are not`(
        engine: StoreEngine
    ) async throws {
        let store = try await StoreFixture(engine).store
        _ = try await store.receive([update(7), update(8)], at: noon)
        _ = try await store.finishUpdates([update(7).key], at: noon)
        _ = try await store.purge(at: noon + .seconds(2 * 86_400 - 1))
        #expect(try await store.receive([update(7)], at: noon).isEmpty)
        _ = try await store.purge(at: noon + .seconds(2 * 86_400))
        #expect(try await store.receive([update(7), update(8)], at: noon).map(\.number) == [7])
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `a message and its updates are one commit`(engine: StoreEngine) async throws {
        let fixture = try await StoreFixture(engine)
        let store = fixture.store
        _ = try await store.receive([update(7), update(8), update(9)], at: noon)
        var draft = fixture.draft("t-1")
        draft.updates = [update(7).key, update(8).key]
        _ = try await store.acceptTurn(draft, at: noon)
        #expect(try await open(store) == [9])
        let chat = try await fixture.openSession("s-2", .telegram, chat: "7")
        let parts = [OutboxDraft(place: chat.place, body: "a")]
        let keys = [update(9).key]
        try await store.addOutbox(
            parts,
            in: chat.id,
            for: fixture.tenant.id,
            finishing: keys,
            at: noon
        )
        #expect(try await open(store).isEmpty)
        #expect(try await fixture.restarted().openUpdates(of: 42, after: 0, limit: 9).isEmpty)
    }

    // MARK: Recordings

    private func reservation(
        _ fixture: StoreFixture,
        _ number: Int,
        _ media: String = "f"
    ) -> Reservation {
        var reservation = Reservation(
            tenant: fixture.tenant.id,
            provider: "p",
            model: "m",
            amounts: Amounts((.micros, 100))
        )
        reservation.sideText = .transcript(of: media, in: update(number).key)
        return reservation
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `a transcript comes with its settlement, and goes with its update`(
        engine: StoreEngine
    ) async throws {
        let fixture = try await StoreFixture(engine)
        let (store, key) = (fixture.store, update(7).key)
        _ = try await store.receive([update(7), update(8)], at: noon)
        let held = reservation(fixture, 7)
        let call = try await store.startCall(held, at: noon)
        #expect(try await store.sideText([.transcript(of: "f", in: key)]) == nil)
        var settlement = Settlement(
            call: call,
            reservation: held,
            since: noon,
            cost: Amounts((.micros, 50)),
            isEstimated: false
        )
        settlement.sideText = "words"
        _ = try await store.settle([settlement], at: noon)
        let keys = [update(8).key, key]
        func names(_ file: String) -> [SideText] { keys.map { .transcript(of: file, in: $0) } }
        #expect(try await store.sideText(names("f")) == .text("words"))
        #expect(try await store.sideText(names("g")) == nil)
        #expect(try await store.sideText([.transcript(of: "f", in: update(8).key)]) == nil)
        _ = try await store.finishUpdates([key], at: noon)
        #expect(try await store.sideText(names("f")) == nil)
        // A call for an update that is finished keeps nothing.
        _ = try await store.startCall(held, at: noon)
        #expect(try await store.sideText(names("f")) == nil)
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `a transcription that was charged without words is not bought again by a start`(
        engine: StoreEngine
    ) async throws {
        let fixture = try await StoreFixture(engine)
        let (store, key) = (fixture.store, update(7).key)
        _ = try await store.receive([update(7)], at: noon)
        let held = reservation(fixture, 7)
        for words in [nil, "words"] as [String?] {
            // The second call is the next model's.
            let call = try await store.startCall(held, at: noon)
            #expect(try await store.sideText([.transcript(of: "f", in: key)]) == nil)
            var settlement = Settlement(
                call: call,
                reservation: held,
                since: noon,
                cost: Amounts((.micros, 50)),
                isEstimated: true
            )
            settlement.sideText = words
            _ = try await store.settle([settlement], at: noon)
            let found = try await store.sideText([.transcript(of: "f", in: key)])
            #expect(found == (words.map { .text($0) } ?? .lost))
        }
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `a transcription that a kill has cut off is bought again once, and the house pays`(
        engine: StoreEngine
    ) async throws {
        let fixture = try await StoreFixture(engine)
        let (store, key) = (fixture.store, update(7).key)
        _ = try await store.receive([update(7)], at: noon)
        var states: [Call.State?] = []
        for limit in [1_000, 1_000] as [Int64] {
            let call = try await store.startCall(reservation(fixture, 7), at: noon)
            _ = try await store.recover(at: noon, askingAgainBelow: limit) { _, _ in [] }
            states.append(try await store.call(call)?.state)
        }
        #expect(states == [.absorbed, .uncertain])
        #expect(try await store.sideText([.transcript(of: "f", in: key)]) == .lost)
        // A dear one is not bought again at all.
        _ = try await store.receive([update(8)], at: noon)
        let dear = try await store.startCall(reservation(fixture, 8), at: noon)
        _ = try await store.recover(at: noon, askingAgainBelow: 100) { _, _ in [] }
        #expect(try await store.call(dear)?.state == .uncertain)
        #expect(try await store.sideText([.transcript(of: "f", in: update(8).key)]) == .lost)
    }
}
