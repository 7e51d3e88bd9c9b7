import BerthLoop
import BerthMemory
import BerthTestKit
import Testing

@testable import BerthFiles
@testable import BerthStore

/// A disk that is full at each write in turn, although its figures showed room.
@Suite(.loop, .timeLimit(.minutes(20)), .enabled(if: SmallDisk.isPossible))
struct FullDiskTests {
    /// Runs `test` with files on a small disk that seems to have room.
    @Loop private func withSmallDisk(
        _ test: @Loop (FilesFixture, SmallDisk) async throws -> Void
    ) async throws {
        let disk = try SmallDisk()
        let bed = try await FilesFixture(disk.folder)
        bed.disk.given = DiskFigures(available: .mebibytes(900), own: .mebibytes(1))
        do { try await test(bed, disk) } catch {
            await bed.end()
            throw error
        }
        await bed.end()
    }

    @Loop @Test func `a file is stored whole or refused in words, wherever the disk is full`()
        async throws
    {
        try await withSmallDisk { bed, disk in
            var outcomes: Set<String> = []
            for pages in 0..<32 {
                try disk.fill(leaving: pages)
                let before = bed.contents.count
                do {
                    try await bed.add(40_000, seed: UInt8(pages + 1))
                    outcomes.insert("stored")
                    #expect(bed.contents.count == before + 1)
                } catch let error as FilesError {
                    outcomes.insert("\(error)")
                    #expect(error.description.contains("no room for files"), "\(pages): \(error)")
                    #expect(bed.contents.count == before, "\(pages) pages")
                }
                #expect(bed.temporaries.isEmpty, "\(pages) pages")
                disk.empty()
            }
            #expect(outcomes.count == 2, "\(outcomes)")
            let use = bed.files.accounts.use(of: bed.ann.tenant)
            let rows = try await bed.files.list(of: bed.ann.tenant, limit: 99)
            #expect(use.reserved == .zero && use.files == rows.count)
            #expect(rows.count == bed.contents.count)
            for row in rows { #expect(try await bed.files.open(row).bytes == 40_000) }
            let database = DataFolder.database(in: bed.folder.path)
            #expect(try await Database.integrityCheck(of: database).isEmpty)
        }
    }

    @Loop @Test func `a full disk lets files be deleted, planned and by hand`() async throws {
        try await withSmallDisk { bed, disk in
            for seed in 1...9 { try await bed.add(40_000, seed: UInt8(seed)) }
            bed.clock.advance(by: .seconds(31 * 86_400))
            try disk.fill(leaving: 0)
            let file = try await bed.files.list(of: bed.ann.tenant, limit: 1)[0]
            try await bed.files.delete(file)
            let (done, failure) = await bed.cleaner.apply(
                try await bed.cleaner.plan(CleanupScope())
            )
            #expect(done.count == 8 && failure == nil && bed.contents.isEmpty)
            #expect(bed.files.accounts.files == 0)
        }
    }

    @Loop @Test func `a writer that fails midway gives its quota back`() async throws {
        try await withSmallDisk { bed, disk in
            let writer = try await bed.files.begin(.unknown, for: bed.ann)
            try await writer.write(bed.content(10_000, 1))
            try disk.fill(leaving: 1)
            await #expect(throws: FilesError.diskFull) {
                for _ in 0..<9 { try await writer.write(bed.content(10_000, 2)) }
            }
            await #expect(throws: FilesError.gone) { try await writer.write([1]) }
            #expect(bed.temporaries.isEmpty)
            #expect(bed.files.accounts.use(of: bed.ann.tenant) == FileAccounts.Use())
        }
    }
}
