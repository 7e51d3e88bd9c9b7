import BerthLoop
import BerthMemory
import BerthTestKit
import Testing

@testable import BerthStore

/// Deleted rows leave the store and its files.
@Suite(.loop) struct PurgeTests {
    private let noon = StoreFixture.noon
    private static let word = "SECRET-91bc"

    /// A way in which words are deleted.
    enum Deletion: CaseIterable {
        case conversation, longConversation, tenant, tenantOfGroup, partialAnswer, retriedAnswer
        case reply, outcome, title, heldConversation
        case instructions, conversationsInstructions, prompt, promptOfRemoved, summary
    }

    /// Deletes words of the fixture in the given way.
    @Loop private func delete(_ deletion: Deletion, _ fixture: StoreFixture) async throws {
        let (store, ann, word) = (fixture.store, fixture.tenant.id, Self.word)
        let text = [String](repeating: word, count: 300).joined(separator: " ")
        switch deletion {
        case .conversation, .longConversation, .tenant:
            for number in 0..<(deletion == .conversation ? 3 : 100) {
                let turn = try await fixture.turn("t-\(number)", text: text)
                let outcome = TurnOutcome(.done, answer: text)
                try await store.finishTurn(turn, as: outcome, at: noon)
            }
            if deletion == .tenant {
                _ = try await store.removeTenant(ann)
            } else {
                try await store.deleteSession(fixture.session.id, at: noon)
            }
        case .tenantOfGroup:
            let place = Place(channel: .telegram, chat: "-5")
            let group = SessionDraft(publicID: "g", place: place, tenant: nil)
            let session = try #require(try await store.openSession(group, at: noon))
            var draft = fixture.draft("t-1", text)
            draft.session = session.id
            _ = try await store.acceptTurn(draft, at: noon)
            _ = try await store.removeTenant(ann)
            #expect(try await store.session(publicID: "g") == session)
        case .partialAnswer, .retriedAnswer:
            let turn = try await fixture.turn("t-1")
            _ = try await fixture.call(turn)
            try await store.savePartialAnswer(text, of: turn)
            if deletion == .partialAnswer {
                try await store.deleteSession(fixture.session.id, at: noon)
            } else {
                try await store.retryTurnLater(turn, at: noon, because: "busy", now: noon)
            }
        case .reply:
            let chat = try await fixture.openSession("s-2", .telegram, chat: "7")
            let part = OutboxDraft(place: chat.place, body: text)
            try await store.addOutbox([part], in: chat.id, for: ann, finishing: [], at: noon)
            try await store.deleteSession(chat.id, at: noon)
        case .outcome:
            let key = IdempotencyKey(name: hash(1), request: hash(2))
            let outcome = KeptOutcome(status: 200, type: "a/b", body: Array(text.utf8))
            let most = ByteCount.mebibytes(1)
            try await store.keepOutcome(outcome, of: key, for: ann, within: most, at: noon)
        case .heldConversation:
            let turn = try await fixture.turn("t-1", text: text)
            try await store.finishTurn(turn, as: TurnOutcome(.done, answer: text), at: noon)
            try await store.changeSession(fixture.session.id, SessionUpdate(title: text))
            try await store.holdSession(fixture.session.id, until: noon + .seconds(30))
        case .instructions, .conversationsInstructions, .prompt, .promptOfRemoved, .summary:
            try await deleteOwn(deletion, text, fixture)
        case .title:
            try await store.changeSession(fixture.session.id, SessionUpdate(title: text))
            try await store.deleteSession(fixture.session.id, at: noon)
        }
    }

    /// Deletes a text of a person's own, or a summary.
    @Loop private func deleteOwn(
        _ deletion: Deletion,
        _ text: String,
        _ fixture: StoreFixture
    ) async throws {
        let (store, ann) = (fixture.store, fixture.tenant.id)
        switch deletion {
        case .instructions, .prompt, .promptOfRemoved:
            let name = deletion == .instructions ? "" : "greet"
            _ = try await store.keep(OwnText(name: name, text: text), of: ann, limit: 9)
            if deletion == .promptOfRemoved {
                _ = try await store.removeTenant(ann)
            } else {
                _ = try await store.keep(OwnText(name: name, text: ""), of: ann, limit: 9)
            }
        case .conversationsInstructions:
            try await store.instruct(fixture.session.id, text)
            try await store.deleteSession(fixture.session.id, at: noon)
        case .summary:
            for number in 0..<100 { _ = try await fixture.answered("t-\(number)") }
            let leaf = try #require(try await store.session(publicID: "s-1")?.leaf)
            var reservation = fixture.reservation()
            reservation.outline = .summary(of: fixture.session.id, through: leaf)
            var settlement = fixture.settlement(try await store.startCall(reservation, at: noon))
            (settlement.reservation, settlement.outline) = (reservation, text)
            try await store.settle([settlement], at: noon)
            try await store.deleteSession(fixture.session.id, at: noon)
        default: break
        }
    }

    @Loop @Test(arguments: Deletion.allCases)
    func `deleted words leave the file and its log`(deletion: Deletion) async throws {
        let fixture = try await StoreFixture()
        try await delete(deletion, fixture)
        let names = ["berth.db", "berth.db-wal"]
        let before = try names.filter { try fixture.holds(Self.word, $0) }
        #expect(before != [], "the test wrote no words")
        let day = noon + IdempotencyKey.lifetime
        while try await fixture.store.purge(at: day) {}
        try await fixture.store.emptyLog()
        #expect(try names.filter { try fixture.holds(Self.word, $0) } == [])
        #expect(try await fixture.store.integrityCheck() == [])
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `a deleted conversation leaves no row, and its calls stay`(
        engine: StoreEngine
    ) async throws {
        let fixture = try await StoreFixture(engine)
        let store = fixture.store
        let turn = try await fixture.turn("t-1")
        let call = try await fixture.call(turn)
        try await store.deleteSession(fixture.session.id, at: noon)
        #expect(try await store.turn(publicID: "t-1") == nil)
        #expect(try await store.steps(of: turn).isEmpty)
        #expect(try await store.call(call)?.state == .reserved)
        #expect(try await store.settle([fixture.settlement(call, turn)], at: noon) == [true])
        let isOpen = try await store.finishTurn(turn, as: TurnOutcome(.done, answer: "a"), at: noon)
        #expect(!isOpen)
        #expect(try await !store.savePartialAnswer("a", of: turn))
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `a long conversation is deleted in bounded steps, and no other one with it`(
        engine: StoreEngine
    ) async throws {
        let fixture = try await StoreFixture(engine)
        let store = fixture.store
        let other = try await fixture.openSession("s-2")
        var draft = fixture.draft("kept")
        draft.session = other.id
        _ = try await store.acceptTurn(draft, at: noon)
        let count = 3 * Connection.purgedAtOnce
        for number in 0..<count { _ = try await fixture.turn("t-\(number)") }
        try await store.deleteSession(fixture.session.id, at: noon)
        func left() async throws -> Int {
            var left = 0
            for number in 0..<count
            where try await store.turn(publicID: "t-\(number)") != nil { left += 1 }
            return left
        }
        #expect(try await store.session(publicID: "s-1") == nil)
        #expect(try await left() == count - Connection.purgedAtOnce)
        #expect(try await store.purge(at: noon))
        #expect(try await left() == count - 2 * Connection.purgedAtOnce)
        while try await store.purge(at: noon) {}
        #expect(try await left() == 0)
        #expect(try await store.turn(publicID: "kept") != nil)
        #expect(try await store.session(publicID: "s-2")?.id == other.id)
    }
}

extension StoreFixture {
    /// Whether a file of the data folder holds a text.
    fileprivate func holds(_ word: String, _ name: String) throws -> Bool {
        guard let bytes = try? files.read(name) else { return false }
        return bytes.split(separator: word.utf8.first ?? 0).contains {
            $0.starts(with: word.utf8.dropFirst())
        }
    }
}
