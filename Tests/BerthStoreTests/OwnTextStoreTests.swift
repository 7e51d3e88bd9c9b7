import BerthLoop
import BerthStore
import BerthTestKit
import Testing

/// The instructions and prompts that people write for themselves.
@Suite(.loop) struct OwnTextStoreTests {
    private let noon = StoreFixture.noon

    private func window(_ store: any Store) async throws -> OwnInstructions? {
        let limits = SessionWindow.Limits(exchanges: 2, bytes: 1_000)
        return try await store.window(of: "s-1", before: nil, limits: limits, asking: nil)?
            .instructions
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `texts are written, replaced and deleted by their names`(
        engine: StoreEngine
    ) async throws {
        let fixture = try await StoreFixture(engine)
        let (store, ann) = (fixture.store, fixture.tenant.id)
        let bob = try await store.addTenant(named: "bob", at: noon).id
        func keep(_ name: String, _ text: String, of tenant: Tenant.ID? = nil) async throws -> Bool
        {
            let text = OwnText(name: name, text: text)
            return try await store.keep(text, of: tenant ?? ann, limit: 2)
        }
        #expect(try await keep("b", "two"))
        #expect(try await keep("a", "one"))
        #expect(try await !keep("c", "three"))
        #expect(try await keep("", "be brief"))
        #expect(try await keep("a", "uno"))
        #expect(try await keep("c", "tres", of: bob))
        let texts = try await store.ownTexts(of: ann)
        #expect(texts.map(\.name) == ["", "a", "b"])
        #expect(texts.map(\.text) == ["be brief", "uno", "two"])
        #expect(try await store.ownText("b", of: ann) == "two")
        #expect(try await store.ownText("c", of: ann) == nil)
        #expect(try await keep("a", ""))
        #expect(try await keep("c", "three"))
        #expect(try await store.ownTexts(of: ann).map(\.name) == ["", "b", "c"])
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `a window has the instructions of its conversation and its owner, and a group none`(
        engine: StoreEngine
    ) async throws {
        let fixture = try await StoreFixture(engine)
        let (store, ann) = (fixture.store, fixture.tenant.id)
        #expect(try await window(store)?.bytes == 0)
        #expect(try await store.keep(OwnText(name: "", text: "be brief"), of: ann, limit: 9))
        try await store.instruct(fixture.session.id, "in rhymes")
        let own = try await window(store)
        #expect(own?.general == "be brief" && own?.special == "in rhymes" && own?.bytes == 17)
        let other = try await store.instructions(in: try await fixture.openSession("s-2"))
        #expect(other.general == "be brief" && other.special == "")
        let place = Place(channel: .telegram, chat: "-5")
        let draft = SessionDraft(publicID: "g", place: place, tenant: nil)
        let group = try #require(try await store.openSession(draft, at: noon))
        #expect(try await store.instructions(in: group).bytes == 0)
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `a removed tenant has no texts and writes none`(engine: StoreEngine) async throws {
        let fixture = try await StoreFixture(engine)
        let (store, ann) = (fixture.store, fixture.tenant.id)
        #expect(try await store.keep(OwnText(name: "", text: "be brief"), of: ann, limit: 9))
        _ = try await store.removeTenant(ann)
        #expect(try await store.ownTexts(of: ann).isEmpty)
        await #expect(throws: StoreError.self) {
            _ = try await store.keep(OwnText(name: "", text: "again"), of: ann, limit: 9)
        }
        await #expect(throws: StoreError.self) { try await store.instruct(fixture.session.id, "x") }
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `titles and summaries are switched off and on`(engine: StoreEngine) async throws {
        let fixture = try await StoreFixture(engine)
        let (store, ann) = (fixture.store, fixture.tenant.id)
        #expect(fixture.tenant.hasOutlines)
        #expect(try await !store.setOutlines(false, of: ann).hasOutlines)
        #expect(try await store.tenants().first?.hasOutlines == false)
        #expect(try await store.setOutlines(true, of: ann).hasOutlines)
        _ = try await store.removeTenant(ann)
        await #expect(throws: StoreError.self) { _ = try await store.setOutlines(true, of: ann) }
    }
}
