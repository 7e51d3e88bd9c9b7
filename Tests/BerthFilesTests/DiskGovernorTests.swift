import BerthConfig
import BerthLoop
import BerthMemory
import BerthTestKit
import BerthText
import Glibc
import Testing

@testable import BerthFiles
@testable import BerthStore

@Suite struct DiskFiguresTests {
    private func figures(_ available: Int, _ own: Int, _ ballast: Int = 0) -> DiskFigures {
        DiskFigures(
            available: .mebibytes(available),
            own: .mebibytes(own),
            ballast: .mebibytes(ballast)
        )
    }

    @Test func `the use is a part of the room that Berth can have`() {
        #expect(figures(20, 80).percent == 80)
        #expect(figures(0, 1).percent == 100)
        #expect(figures(10, 80, 10).percent == 80, "the ballast is room")
        #expect(figures(0, 0).percent == 100)
        #expect(figures(20, 80).excess(above: 70) == .mebibytes(10))
        #expect(figures(90, 10).excess(above: 70) == .zero)
    }

    @Test func `the reserve and the ballast follow the size of the disk`() {
        #expect(figures(8, 8).reserve == .mebibytes(1))
        #expect(figures(320, 320).reserve == .mebibytes(40))
        #expect(figures(50_000, 9_000).reserve == .mebibytes(64))
        #expect(figures(50_000, 9_000).ballastSize(.mebibytes(64)) == .mebibytes(64))
        #expect(figures(10, 10).ballastSize(.mebibytes(64)) == .mebibytes(2))
        #expect(figures(15, 49_985).isShort && !figures(16, 49_984).isShort)
    }

    @Test func `the figures of a folder have the database, and nil none`() throws {
        let folder = try TemporaryFolder(inMemory: true)
        try folder.write([UInt8](repeating: 1, count: 1000), to: "berth.db")
        try folder.write([UInt8](repeating: 1, count: 500), to: "berth.db-wal")
        let figures = try #require(DiskFigures.read(folder.path, files: ByteCount(7)))
        #expect(figures.own >= ByteCount(1507) && figures.available > .zero)
        #expect(DiskFigures.read(folder.path + "/none") == nil)
    }
}

@Suite(.loop, .timeLimit(.minutes(20))) struct DiskGovernorTests {
    private let day = Duration.seconds(86_400)

    // MARK: Rules

    @Loop @Test func `a plan says what would go and why, and applying it does exactly that`()
        async throws
    {
        try await withFiles { bed in
            let old = try await bed.add(10, seed: 1)
            bed.clock.advance(by: day * 31)
            try await bed.add(20, seed: 2)
            let plan = try await bed.cleaner.plan(CleanupScope())
            #expect(plan.map(\.bytes) == [10] && plan[0].rule == .expired)
            #expect(plan[0].tenant == bed.ann.tenant && plan[0].why.contains("30d"))
            #expect(plan[0].path == bed.folder.path(of: "files/1/\(old.hash.hex)"))
            #expect(bed.contents.count == 2, "a plan deletes nothing")
            let (done, failure) = await bed.cleaner.apply(plan)
            #expect(done.map(\.path) == plan.map(\.path) && failure == nil)
            #expect(bed.contents.count == 1 && bed.files.accounts.bytes == ByteCount(20))
        }
    }

    @Loop @Test func `a plan may be for one tenant and for another age`() async throws {
        try await withFiles { bed in
            let bob = try await bed.database.addTenant(named: "bob", at: bed.clock.timestamp)
            let owner = FileOwner(tenant: bob.id, disk: .mebibytes(1), files: 9)
            try await bed.add(10)
            try await bed.add(20, for: owner)
            bed.clock.advance(by: .seconds(7200))
            let hour = Duration.seconds(3600)
            let all = try await bed.cleaner.plan(CleanupScope(olderThan: hour))
            #expect(all.map(\.bytes).sorted() == [10, 20])
            let bobs = try await bed.cleaner.plan(CleanupScope(tenant: bob.id, olderThan: hour))
            #expect(bobs.map(\.bytes) == [20])
            #expect(try await bed.cleaner.plan(CleanupScope()).isEmpty)
        }
    }

    @Loop @Test func `a file that is used after the plan stays`() async throws {
        try await withFiles { bed in
            let file = try await bed.add(10)
            bed.clock.advance(by: day * 31)
            let plan = try await bed.cleaner.plan(CleanupScope())
            _ = try await bed.files.open(file)
            let (done, failure) = await bed.cleaner.apply(plan)
            #expect(plan.count == 1 && done.isEmpty && failure == nil && bed.contents.count == 1)
        }
    }

    @Loop @Test func `of two cleanups at once, each file is deleted by one`() async throws {
        try await withFiles { bed in
            for seed in 1...9 { try await bed.add(10, seed: UInt8(seed)) }
            bed.clock.advance(by: day * 31)
            let (cleaner, counts) = (bed.cleaner, Mailbox<Int>())
            let plan = try await cleaner.plan(CleanupScope())
            let pool = TaskPool()
            for _ in 0..<2 {
                pool.spawn { counts.put(await cleaner.apply(plan).done.count) }
            }
            let sum = try await counts.next("one") + counts.next("another")
            #expect(sum == 9 && bed.contents.isEmpty)
        }
    }

    @Loop @Test func `above the high mark the files used longest ago go, down to the low mark`()
        async throws
    {
        try await withFiles { bed in
            for seed in 1...4 {
                try await bed.add(1 << 20, seed: UInt8(seed))
                bed.clock.advance(by: .seconds(1))
            }
            // 8.5 of 10 MiB are used, so 1.5 MiB have to go.
            bed.disk.given = DiskFigures(available: .kibibytes(1536), own: .kibibytes(8704))
            let plan = try await bed.cleaner.plan(CleanupScope())
            #expect(plan.count == 2 && plan.allSatisfy { $0.rule == .highWater })
            let ann = try await bed.cleaner.plan(CleanupScope(tenant: bed.ann.tenant))
            #expect(ann.isEmpty, "one tenant's plan does not look at the mark")
            let kept = try await bed.files.list(of: bed.ann.tenant, limit: 2).map(\.id)
            _ = await bed.cleaner.apply(plan)
            #expect(try await bed.files.list(of: bed.ann.tenant, limit: 9).map(\.id) == kept)
        }
    }

    @Loop @Test func `files that go for their age count to the mark, and once`() async throws {
        try await withFiles { bed in
            try await bed.add(1 << 20, seed: 1)
            bed.clock.advance(by: day * 31)
            for seed in 2...4 {
                try await bed.add(1 << 20, seed: UInt8(seed))
                bed.clock.advance(by: .seconds(1))
            }
            // 8.5 of 10 MiB are used: the old file and one more have to go.
            bed.disk.given = DiskFigures(available: .kibibytes(1536), own: .kibibytes(8704))
            let plan = try await bed.cleaner.plan(CleanupScope())
            #expect(plan.map(\.rule) == [.expired, .highWater])
            #expect(Set(plan.map(\.path)).count == 2)
        }
    }

    @Loop @Test func `one look deletes a bounded number of files`() async throws {
        try await withFiles { bed in
            for seed in 1...20 { try await bed.add(10, seed: UInt8(seed)) }
            bed.clock.advance(by: day * 31)
            await bed.governor.look()
            #expect(bed.contents.count == 20 - DiskGovernor.step)
            await bed.look(3)
            #expect(bed.contents.isEmpty)
            let told = bed.lines.all.filter { $0.contains("files deleted") }
            #expect(told.count == 2 && told[0].contains("not used for 30d"))
        }
    }

    @Loop @Test func `a mark that no file can lower is told once`() async throws {
        try await withFiles { bed in
            bed.disk.given = DiskFigures(available: .mebibytes(10), own: .mebibytes(90))
            await bed.look(5)
            let told = bed.lines.all.filter { $0.contains("no file is left to delete") }
            #expect(told.count == 1)
        }
    }

    // MARK: Ballast

    @Loop @Test func `the ballast is made, released on a full disk, and restored`() async throws {
        try await withFiles(ballast: .mebibytes(1)) { bed in
            func size() -> ByteCount { Ballast.size(in: bed.folder.path) }
            bed.disk.given = DiskFigures(available: .mebibytes(100), own: .mebibytes(1))
            await bed.governor.look()
            #expect(size() == .mebibytes(1))
            bed.disk.given = DiskFigures(available: .kibibytes(100), own: .mebibytes(1))
            await bed.look(3)
            let isShort = bed.governor.isShort
            #expect(size() == .zero && isShort)
            await #expect(throws: FilesError.diskFull) { try await bed.add(10) }
            bed.disk.given = DiskFigures(available: .kibibytes(1100), own: .mebibytes(1))
            await bed.governor.look()
            #expect(size() == .zero, "there is too little room for it")
            await #expect(throws: FilesError.diskFull) { try await bed.add(10) }
            bed.disk.given = DiskFigures(available: .mebibytes(100), own: .mebibytes(1))
            await bed.governor.look()
            let isShortStill = bed.governor.isShort
            #expect(size() == .mebibytes(1) && !isShortStill)
            let told = bed.lines.all.filter { $0.contains("ballast is released") }
            #expect(told.count == 1)
        }
    }

    @Loop @Test func `the disk is full once it is short and the ballast is gone`() async throws {
        try await withFiles(ballast: .mebibytes(1)) { bed in
            @Loop func isFull(_ available: ByteCount) async -> Bool {
                bed.disk.given = DiskFigures(available: available, own: .mebibytes(1))
                await bed.governor.look()
                return bed.governor.isFull
            }
            #expect(await !isFull(.mebibytes(100)))
            #expect(await !isFull(.kibibytes(100)), "the ballast gives way")
            #expect(await isFull(.kibibytes(100)))
            #expect(await !isFull(.kibibytes(1100)))
            #expect(await !isFull(.mebibytes(100)))
        }
    }

    @Loop @Test func `a start on a full disk releases the ballast first`() async throws {
        let folder = try TemporaryFolder(inMemory: true)
        try Ballast.make(.kibibytes(64), in: folder.path)
        #expect(!Ballast.relieve(in: folder.path), "this disk is not full")
        #expect(Ballast.size(in: folder.path) == .kibibytes(64))
        try Ballast.make(.zero, in: folder.path)
        #expect(Ballast.size(in: folder.path) == .zero)
    }

    @Loop @Test func `a smaller setting makes the ballast smaller`() async throws {
        try await withFiles(ballast: .kibibytes(128)) { bed in
            try Ballast.make(.mebibytes(1), in: bed.folder.path)
            bed.disk.given = DiskFigures(available: .mebibytes(100), own: .mebibytes(1))
            await bed.governor.look()
            #expect(Ballast.size(in: bed.folder.path) == .kibibytes(128))
        }
    }

    // MARK: Reconciliation

    @Loop @Test func `contents without rows go after a grace, foreign files stay`() async throws {
        try await withFiles { bed in
            let kept = try await bed.add(10)
            let orphan = [UInt8](repeating: 9, count: 32).hex
            bed.makeFolder("files/77")
            let names = ["files/1/\(orphan)", "files/77/\(orphan)"]
            for name in names + ["files/1/notes.txt"] { try bed.folder.write([1, 2], to: name) }
            await bed.look()
            let plan = try await bed.cleaner.plan(CleanupScope())
            #expect(plan.map(\.path) == names.map { bed.folder.path(of: $0) })
            #expect(plan.allSatisfy { $0.rule == .orphan && $0.bytes == 2 })
            #expect(bed.contents.count == 4)
            bed.clock.advance(by: .seconds(3601))
            await bed.look()
            #expect(bed.contents == ["files/1/\(kept.hash.hex)", "files/1/notes.txt"].sorted())
        }
    }

    @Loop @Test func `rows without contents are forgotten with a line in the log`() async throws {
        try await withFiles { bed in
            let (lost, kept) = (try await bed.add(10, seed: 1), try await bed.add(10, seed: 2))
            bed.remove("files/1/\(lost.hash.hex)")
            await bed.look()
            #expect(try await bed.files.file(lost.id) == nil)
            #expect(try await bed.files.file(kept.id) != nil)
            #expect(bed.files.accounts.files == 1)
            let told = bed.lines.all.filter { $0.contains("content is missing") }
            #expect(told.count == 1 && told[0].contains(lost.id))
        }
    }

    @Loop @Test func `the comparison is made again in the night`() async throws {
        try await withFiles { bed in
            let file = try await bed.add(10)
            await bed.look()
            bed.remove("files/1/\(file.hash.hex)")
            await bed.look()
            #expect(try await bed.files.file(file.id) != nil)
            bed.clock.advance(by: day + .seconds(3 * 3600))
            await bed.look()
            #expect(try await bed.files.file(file.id) == nil)
        }
    }

    @Loop @Test func `a file that nothing writes is in the plan, one being written is not`()
        async throws
    {
        try await withFiles { bed in
            let writer = try await bed.files.begin(.unknown, for: bed.ann)
            try bed.folder.write([1, 2, 3], to: "files/tmp/stray")
            let plan = try await bed.cleaner.plan(CleanupScope())
            #expect(plan.map(\.rule) == [.temporary] && plan[0].bytes == 3)
            _ = await bed.cleaner.apply(plan)
            #expect(bed.temporaries.count == 1)
            await writer.discard()
        }
    }
}
