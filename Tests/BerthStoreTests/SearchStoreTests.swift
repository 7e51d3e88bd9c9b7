import BerthLoop
import BerthTestKit
import BerthText
import Testing

@testable import BerthStore

@Suite(.loop, .timeLimit(.minutes(20))) struct SearchStoreTests {
    private static let noon = StoreFixture.noon
    private var noon: Timestamp { Self.noon }

    /// The public ids of the turns in which a query is found, newest first.
    @Loop private func found(
        _ query: String,
        _ fixture: StoreFixture,
        of tenant: Tenant.ID? = nil
    ) async throws -> [String] {
        let words = try #require(SearchWords(query))
        let step = try await fixture.store.search(
            words,
            of: tenant ?? fixture.tenant.id,
            on: .web,
            before: nil,
            limits: .init(hits: 20, bytes: 1 << 20)
        )
        return try #require(step).hits.compactMap(\.turn)
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `messages and answers are found, newest first, words together`(
        engine: StoreEngine
    ) async throws {
        let fixture = try await StoreFixture(engine)
        for (number, text) in ["the fox", "a hound", "我喜欢北京", "Fox again"].enumerated() {
            _ = try await fixture.turn("t-\(number)", text: text)
        }
        let last = try await fixture.turn("t-4", text: "hound")
        let outcome = TurnOutcome(.done, answer: "The hound meets a fox.")
        _ = try await fixture.store.finishTurn(last, as: outcome, at: noon)
        #expect(try await found("FOX", fixture) == ["t-4", "t-3", "t-0"])
        #expect(try await found("hound fox", fixture) == ["t-4"])
        #expect(try await found("北", fixture) == ["t-2"])
        #expect(try await found("欢北", fixture) == ["t-2"])
        #expect(try await found("cat", fixture) == [])
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `a tenant finds only its own text, in its own conversations of the channel`(
        engine: StoreEngine
    ) async throws {
        let fixture = try await StoreFixture(engine)
        let store = fixture.store
        let bob = try await store.addTenant(named: "bob", at: noon)
        let his = try await fixture.openSession("s-bob", of: bob.id)
        var draft = TurnDraft(publicID: "b-1", session: his.id, tenant: bob.id, text: "a secret")
        _ = try await store.acceptTurn(draft, at: noon)
        let place = Place(channel: .telegram, chat: "-5")
        let group = SessionDraft(publicID: "g", place: place, tenant: nil)
        let common = try #require(try await store.openSession(group, at: noon))
        draft = TurnDraft(
            publicID: "g-1",
            session: common.id,
            tenant: fixture.tenant.id,
            text: "a secret"
        )
        _ = try await store.acceptTurn(draft, at: noon)
        #expect(try await found("secret", fixture) == [])
        #expect(try await found("secret", fixture, of: bob.id) == ["b-1"])
        let words = try #require(SearchWords("secret"))
        let foreign = try await store.search(
            words,
            of: fixture.tenant.id,
            on: .web,
            before: "b-1",
            limits: .init(hits: 1, bytes: 1)
        )
        #expect(foreign == nil)
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `what is deleted or held for deletion is not found`(engine: StoreEngine) async throws {
        let fixture = try await StoreFixture(engine)
        let store = fixture.store
        _ = try await fixture.turn("t-1", text: "a fox")
        try await store.changeSession(fixture.session.id, SessionUpdate(title: "foxes"))
        let words = try #require(SearchWords("fox"))
        func titles() async throws -> [String] {
            try await store.searchTitles(words, of: fixture.tenant.id, on: .web, limit: 9)
                .map(\.session)
        }
        #expect(try await titles() == ["s-1"])
        try await store.holdSession(fixture.session.id, until: noon + .seconds(30))
        #expect(try await found("fox", fixture) == [])
        #expect(try await titles() == [])
        _ = try await store.restoreSession(publicID: "s-1", of: fixture.tenant.id, at: noon)
        #expect(try await found("fox", fixture) == ["t-1"])
        try await store.deleteSession(fixture.session.id, at: noon)
        #expect(try await found("fox", fixture) == [])
        #expect(try await titles() == [])
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `a step reads a bounded part, and the next goes on from its end`(
        engine: StoreEngine
    ) async throws {
        let fixture = try await StoreFixture(engine)
        let padding = String(repeating: "x", count: 1_000)
        for number in 0..<10 {
            _ = try await fixture.turn(
                "t-\(number)",
                text: "\(number == 0 ? "fox" : "") \(padding)"
            )
        }
        let words = try #require(SearchWords("fox"))
        var (steps, before, hits) = (0, String?.none, [String]())
        repeat {
            let step = try #require(
                try await fixture.store.search(
                    words,
                    of: fixture.tenant.id,
                    on: .web,
                    before: before,
                    limits: .init(hits: 20, bytes: 3_000)
                )
            )
            #expect(step.bytes < 3_000 + 1_300)
            hits += step.hits.compactMap(\.turn)
            before = step.next
            steps += 1
        } while before != nil
        #expect(steps > 3 && hits == ["t-0"])
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `an excerpt shows the word and what is around it`(engine: StoreEngine) async throws {
        let fixture = try await StoreFixture(engine)
        let long = String(repeating: "слово ", count: 100) + "ёж\nбежит " + padding
        _ = try await fixture.turn("t-1", text: long)
        let words = try #require(SearchWords("ёж"))
        let step = try await fixture.store.search(
            words,
            of: fixture.tenant.id,
            on: .web,
            before: nil,
            limits: .init(hits: 1, bytes: 1 << 20)
        )
        let excerpt = try #require(step?.hits.first?.excerpt)
        #expect(excerpt.hasPrefix("…слово") && excerpt.contains("ёж бежит"))
        #expect(excerpt.hasSuffix("…") && excerpt.utf8.count < 300)
        #expect(!excerpt.contains("\u{FFFD}"))
    }

    private var padding: String { String(repeating: "дальше ", count: 100) }
}
