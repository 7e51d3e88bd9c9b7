import BerthLoop
import BerthStore
import BerthTestKit
import Testing

/// The names under which pictures are found again.
@Suite(.loop) struct PictureCacheStoreTests {
    private let noon = StoreFixture.noon
    private let name = [UInt8](repeating: 7, count: 32)

    @Loop private func add(
        _ ids: [String],
        of tenant: Tenant.ID,
        _ fixture: StoreFixture
    ) async throws -> [TurnPicture] {
        var pictures: [TurnPicture] = []
        for (index, id) in ids.enumerated() {
            let draft = FileDraft(
                id: id,
                tenant: tenant,
                hash: hash(UInt8(index + 1)),
                bytes: 100,
                kind: "image/png"
            )
            let file = try await fixture.store.addFile(draft, at: noon)
            pictures.append(TurnPicture(file: file.id, width: 4 + index, height: 3))
        }
        return pictures
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `pictures are found by their name until one of them is deleted`(
        engine: StoreEngine
    ) async throws {
        let fixture = try await StoreFixture(engine)
        let (store, ann) = (fixture.store, fixture.tenant.id)
        #expect(try await store.cachedPictures(name, for: ann, orOthers: true) == nil)
        let pictures = try await add(["a", "b"], of: ann, fixture)
        #expect(try await store.keepPictures(name, of: ann, by: "fal/flux", pictures))
        let found = try #require(
            try await store.cachedPictures(name, for: ann, orOthers: false)
        )
        #expect(found.model == "fal/flux" && found.tenant == ann)
        #expect(found.pictures.map(\.file.id) == ["a", "b"])
        #expect(found.pictures.map(\.width) == [4, 5])
        #expect(try await store.deleteFile("b"))
        #expect(try await store.cachedPictures(name, for: ann, orOthers: true) == nil)
        #expect(try await store.keepPictures(name, of: ann, by: "m", Array(pictures[..<1])))
        #expect(try await store.cachedPictures(name, for: ann, orOthers: true) != nil)
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `another tenant finds them only where others count, and its own come first`(
        engine: StoreEngine
    ) async throws {
        let fixture = try await StoreFixture(engine)
        let (store, ann) = (fixture.store, fixture.tenant.id)
        let bob = try await store.addTenant(named: "bob", at: noon).id
        let pictures = try await add(["a"], of: ann, fixture)
        #expect(try await store.keepPictures(name, of: ann, by: "m", pictures))
        #expect(try await store.cachedPictures(name, for: bob, orOthers: false) == nil)
        let others = try await store.cachedPictures(name, for: bob, orOthers: true)
        #expect(others?.tenant == ann)
        let own = try await add(["b"], of: bob, fixture)
        #expect(try await !store.keepPictures(name, of: bob, by: "m", pictures))
        #expect(try await store.keepPictures(name, of: bob, by: "m", own))
        let found = try await store.cachedPictures(name, for: bob, orOthers: true)
        #expect(found?.pictures.map(\.file.id) == ["b"])
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `a thumbnail that is deleted, and a tenant that is removed, end the name`(
        engine: StoreEngine
    ) async throws {
        let fixture = try await StoreFixture(engine)
        let (store, ann) = (fixture.store, fixture.tenant.id)
        let bob = try await store.addTenant(named: "bob", at: noon).id
        var pictures = try await add(["a", "small"], of: ann, fixture)
        pictures[0].thumbnail = "small"
        let first = Array(pictures[..<1])
        #expect(try await store.keepPictures(name, of: ann, by: "m", first))
        let found = try await store.cachedPictures(name, for: ann, orOthers: true)
        #expect(found?.pictures.first?.thumbnail?.id == "small")
        #expect(try await store.deleteFile("small"))
        #expect(try await store.cachedPictures(name, for: ann, orOthers: true) == nil)
        pictures = try await add(["a"], of: ann, fixture)
        #expect(try await store.keepPictures(name, of: ann, by: "m", pictures))
        _ = try await store.removeTenant(ann)
        #expect(try await store.cachedPictures(name, for: bob, orOthers: true) == nil)
    }
}
