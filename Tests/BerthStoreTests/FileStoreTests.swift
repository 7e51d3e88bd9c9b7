import BerthLoop
import BerthTestKit
import Testing

@testable import BerthStore

@Suite(.loop) struct FileStoreTests {
    private let noon = StoreFixture.noon

    @Loop private func add(
        _ fixture: StoreFixture,
        _ id: String,
        _ content: UInt8,
        of tenant: Tenant.ID? = nil,
        at now: Timestamp = StoreFixture.noon
    ) async throws -> StoredFile {
        let draft = FileDraft(
            id: id,
            tenant: tenant ?? fixture.tenant.id,
            hash: hash(content),
            bytes: 100,
            kind: "image/png"
        )
        return try await fixture.store.addFile(draft, at: now)
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `a file is found by its id as it was added`(engine: StoreEngine) async throws {
        let fixture = try await StoreFixture(engine)
        let file = try await add(fixture, "f-1", 1)
        #expect(file.tenant == fixture.tenant.id && file.hash == hash(1) && file.bytes == 100)
        #expect(file.kind == "image/png" && file.uses == 0 && !file.isReleased)
        #expect(file.created == noon && file.lastUsed == noon)
        #expect(try await fixture.store.file("f-1") == file)
        #expect(try await fixture.store.file("f-2") == nil)
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `the same content again is the same file, used now`(
        engine: StoreEngine
    ) async throws {
        let fixture = try await StoreFixture(engine)
        _ = try await add(fixture, "f-1", 1)
        let again = try await add(fixture, "f-2", 1, at: noon + .seconds(5))
        #expect(again.id == "f-1" && again.uses == 0 && again.lastUsed == noon + .seconds(5))
        #expect(again.created == noon)
        #expect(try await fixture.store.file("f-2") == nil)
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `the same content of another tenant is another file`(engine: StoreEngine) async throws {
        let fixture = try await StoreFixture(engine)
        let bob = try await fixture.store.addTenant(named: "bob", at: noon).id
        _ = try await add(fixture, "f-1", 1)
        let file = try await add(fixture, "f-2", 1, of: bob)
        #expect(file.id == "f-2" && file.tenant == bob)
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `an id that is taken is refused for other content`(engine: StoreEngine) async throws {
        let fixture = try await StoreFixture(engine)
        _ = try await add(fixture, "f-1", 1)
        let error = await #expect(throws: StoreError.self) { _ = try await add(fixture, "f-1", 2) }
        #expect(error?.isExists == true)
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `a removed tenant gets no file`(engine: StoreEngine) async throws {
        let fixture = try await StoreFixture(engine)
        _ = try await fixture.store.removeTenant(fixture.tenant.id)
        await #expect(throws: StoreError.notFound(what: "tenant")) {
            _ = try await add(fixture, "f-1", 1)
        }
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `two additions of one content at once are one file`(engine: StoreEngine) async throws {
        let fixture = try await StoreFixture(engine)
        let (store, noon, ann) = (fixture.store, noon, fixture.tenant.id)
        let results = try await race { index async throws(StoreError) in
            try await store.addFile(
                FileDraft(id: "f-\(index)", tenant: ann, hash: hash(1), bytes: 1, kind: "a/b"),
                at: noon
            )
        }
        #expect(Set(try results.map { try $0.get().id }).count == 1)
        #expect(try await store.files(of: ann, limit: 9).count == 1)
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `a tenant's files are listed by their last use`(engine: StoreEngine) async throws {
        let fixture = try await StoreFixture(engine)
        let (store, ann) = (fixture.store, fixture.tenant.id)
        for number in 1...3 {
            let now = noon + .seconds(number)
            _ = try await add(fixture, "f-\(number)", UInt8(number), at: now)
        }
        #expect(try await store.touchFile("f-1", at: noon + .seconds(9)))
        #expect(try await !store.touchFile("f-9", at: noon))
        #expect(try await store.files(of: ann, limit: 2).map(\.id) == ["f-1", "f-3"])
        #expect(try await store.files(of: RowID(99), limit: 2).isEmpty)
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `for the cleanup unused files come first, then those used longest ago`(
        engine: StoreEngine
    ) async throws {
        let fixture = try await StoreFixture(engine)
        let store = fixture.store
        let bob = try await store.addTenant(named: "bob", at: noon).id
        for number in 1...3 {
            let now = noon + .seconds(number)
            _ = try await add(fixture, "f-\(number)", UInt8(number), at: now)
        }
        _ = try await add(fixture, "f-bob", 1, of: bob, at: noon)
        for number in 1...2 { try await fixture.refer(to: "f-\(number)") }
        try await fixture.refer(to: "f-bob")
        let all = try await store.leastUsedFiles(of: nil, limit: 9)
        #expect(all.map(\.id) == ["f-3", "f-bob", "f-1", "f-2"])
        let ann = try await store.leastUsedFiles(of: fixture.tenant.id, limit: 2)
        #expect(ann.map(\.id) == ["f-3", "f-1"])
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `a deleted file is forgotten, and its content can be added again`(
        engine: StoreEngine
    ) async throws {
        let fixture = try await StoreFixture(engine)
        _ = try await add(fixture, "f-1", 1)
        #expect(try await fixture.store.deleteFile("f-1"))
        #expect(try await !fixture.store.deleteFile("f-1"))
        let again = try await add(fixture, "f-2", 1)
        #expect(again.id == "f-2" && again.uses == 0)
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `expired files are those last used before a time, the oldest first`(
        engine: StoreEngine
    ) async throws {
        let fixture = try await StoreFixture(engine)
        let store = fixture.store
        let bob = try await store.addTenant(named: "bob", at: noon).id
        for number in 1...3 {
            let now = noon + .seconds(number)
            _ = try await add(fixture, "f-\(number)", UInt8(number), at: now)
        }
        _ = try await add(fixture, "f-bob", 1, of: bob, at: noon)
        let end = noon + .seconds(3)
        let all = try await store.expiredFiles(before: end, of: nil, limit: 9)
        #expect(all.map(\.id) == ["f-bob", "f-1", "f-2"])
        let two = try await store.expiredFiles(before: end, of: nil, limit: 2)
        #expect(two.map(\.id) == ["f-bob", "f-1"])
        let bobs = try await store.expiredFiles(before: end, of: bob, limit: 9)
        #expect(bobs.map(\.id) == ["f-bob"])
        #expect(try await store.expiredFiles(before: noon, of: nil, limit: 9).isEmpty)
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `all files are read in pages by their ids`(engine: StoreEngine) async throws {
        let fixture = try await StoreFixture(engine)
        for number in 1...3 { _ = try await add(fixture, "f-\(number)", UInt8(number)) }
        let first = try await fixture.store.files(after: "", limit: 2)
        #expect(first.map(\.id) == ["f-1", "f-2"])
        #expect(try await fixture.store.files(after: "f-2", limit: 2).map(\.id) == ["f-3"])
        #expect(try await fixture.store.files(after: "f-3", limit: 2).isEmpty)
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `contents without a row are unknown, also if another tenant has them`(
        engine: StoreEngine
    ) async throws {
        let fixture = try await StoreFixture(engine)
        let ann = fixture.tenant.id
        _ = try await add(fixture, "f-1", 1)
        let keys = [(ann, 1), (ann, 2), (RowID(99), 1)]
            .map { FileKey(tenant: $0.0, hash: hash(UInt8($0.1))) }
        #expect(try await fixture.store.unknownFiles(among: keys) == Array(keys[1...]))
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `files are counted and summed by tenant`(engine: StoreEngine) async throws {
        let fixture = try await StoreFixture(engine)
        let (store, ann) = (fixture.store, fixture.tenant.id)
        let bob = try await store.addTenant(named: "bob", at: noon).id
        #expect(try await store.fileTotals().isEmpty)
        for number in 1...2 as ClosedRange<UInt8> {
            _ = try await add(fixture, "f-\(number)", number)
        }
        _ = try await add(fixture, "f-3", 1)  // the first one again
        _ = try await add(fixture, "f-4", 1, of: bob)
        let totals = try await store.fileTotals()
        #expect(totals[ann] == FileTotal(files: 2, bytes: 200, oldest: noon))
        #expect(totals[bob] == FileTotal(files: 1, bytes: 100, oldest: noon))
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `files survive a kill`(engine: StoreEngine) async throws {
        let fixture = try await StoreFixture(engine)
        let file = try await add(fixture, "f-1", 1)
        let store = try await fixture.restarted()
        #expect(try await store.file("f-1") == file)
    }

    @Loop @Test(arguments: StoreEngine.allCases)
    func `a full disk records no file`(engine: StoreEngine) async throws {
        let fixture = try await StoreFixture(engine)
        let noon = noon
        let draft = FileDraft(
            id: "f-1",
            tenant: fixture.tenant.id,
            hash: hash(1),
            bytes: 1,
            kind: String(repeating: "x", count: 300_000)
        )
        let (problems, file) = try await fixture.fullDisk { store async throws(StoreError) in
            try await store.addFile(draft, at: noon)
        }
        #expect(problems.isEmpty && file.uses == 0)
    }
}
