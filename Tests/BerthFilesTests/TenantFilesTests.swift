import BerthLoop
import BerthMemory
import BerthTestKit
import BerthText
import Glibc
import Testing

@testable import BerthFiles
@testable import BerthStore

@Suite(.loop, .timeLimit(.minutes(20))) struct TenantFilesTests {
    @Loop @Test func `a file is stored under its hash and read as it was written`() async throws {
        try await withFiles { bed in
            let content = bed.content(100_000, 3)
            let writer = try await bed.files.begin(FileKind("image/png"), for: bed.ann)
            for start in stride(from: 0, to: content.count, by: 30_000) {
                try await writer.write(Array(content[start..<min(start + 30_000, content.count)]))
            }
            let file = try await writer.finish()
            #expect(file.bytes == 100_000 && file.kind == "image/png")
            #expect(file.hash == Secret256.digest([content[...]]))
            #expect(bed.contents == ["files/\(bed.ann.tenant.value)/\(file.hash.hex)"])
            let opened = try await bed.files.open(file)
            let read = try await bed.files.read(opened, at: 99_000, count: 1000)
            #expect(read == Array(content[99_000...]))
            #expect(bed.temporaries.isEmpty)
            let use = bed.files.accounts.use(of: bed.ann.tenant)
            #expect(use.files == 1 && use.bytes == ByteCount(100_000) && use.reserved == .zero)
        }
    }

    @Loop @Test func `its folders and its content are for the service's user alone`() async throws {
        try await withFiles { bed in
            try await bed.add(10)
            var modes: [UInt32] = []
            for path in ["files", "files/tmp", "files/1", bed.contents[0]] {
                var status = stat()
                #expect(unsafe stat(bed.folder.path(of: path), &status) == 0)
                modes.append(status.st_mode & 0o777)
            }
            #expect(modes == [0o700, 0o700, 0o700, 0o600])
        }
    }

    @Loop @Test func `the same content is stored once for a tenant`() async throws {
        try await withFiles { bed in
            let first = try await bed.add(50)
            let again = try await bed.add(50)
            #expect(again.id == first.id)
            let bob = try await bed.database.addTenant(named: "bob", at: bed.clock.timestamp)
            let owner = FileOwner(tenant: bob.id, disk: .mebibytes(1), files: 1)
            let other = try await bed.add(50, for: owner)
            #expect(other.id != first.id)
            #expect(bed.contents.count == 2 && bed.temporaries.isEmpty)
            #expect(bed.files.accounts.files == 2 && bed.files.accounts.bytes == ByteCount(100))
        }
    }

    @Loop @Test func `a writer that is discarded or dropped leaves nothing`() async throws {
        try await withFiles { bed in
            for isDropped in [false, true] {
                var writer: FileWriter? = try await bed.files.begin(.unknown, for: bed.ann)
                try await writer?.write([1, 2, 3])
                #expect(bed.temporaries.count == 1)
                if !isDropped { await writer?.discard() }
                writer = nil
                // The file's thread has done everything that was given before.
                _ = await bed.files.disk?.strays()
                #expect(bed.temporaries.isEmpty)
                let use = bed.files.accounts.use(of: bed.ann.tenant)
                #expect(use == FileAccounts.Use())
            }
        }
    }

    @Loop @Test func `an empty file is refused`() async throws {
        try await withFiles { bed in
            await #expect(throws: FilesError.empty) { try await bed.add(0) }
            #expect(bed.temporaries.isEmpty && bed.contents.isEmpty)
            #expect(bed.files.accounts.use(of: bed.ann.tenant) == FileAccounts.Use())
        }
    }

    @Loop @Test func `quotas refuse before the bytes come, and as they come`() async throws {
        try await withFiles { bed in
            let owner = FileOwner(tenant: bed.ann.tenant, disk: .kibibytes(300), files: 2)
            let announced = ByteCount.kibibytes(301)
            await #expect(throws: FilesError.self) {
                _ = try await bed.files.begin(.unknown, for: owner, announced: announced)
            }
            let writer = try await bed.files.begin(.unknown, for: owner)
            for _ in 0..<3 { try await writer.write(bed.content(100 << 10, 1)) }
            let error = await #expect(throws: FilesError.self) { try await writer.write([1]) }
            let limit = FilesError.overDisk(
                used: .kibibytes(300),
                asked: ByteCount(1),
                limit: .kibibytes(300)
            )
            #expect(error == limit)
            #expect(bed.temporaries.isEmpty)
            try await bed.add(1, seed: 1, for: owner)
            try await bed.add(2, seed: 2, for: owner)
            await #expect(throws: FilesError.overCount(limit: 2)) {
                try await bed.add(3, seed: 3, for: owner)
            }
        }
    }

    @Loop @Test func `uploads leave the database room on a full disk`() async throws {
        try await withFiles { bed in
            bed.disk.given = DiskFigures(available: .mebibytes(3), own: .mebibytes(10))
            await #expect(throws: FilesError.diskFull) {
                _ = try await bed.files.begin(
                    .unknown,
                    for: bed.ann,
                    announced: .kibibytes(2049)
                )
            }
            let first = try await bed.files.begin(.unknown, for: bed.ann, announced: .mebibytes(1))
            // The reservation of another upload is not free either.
            await #expect(throws: FilesError.diskFull) {
                _ = try await bed.files.begin(
                    .unknown,
                    for: bed.ann,
                    announced: .kibibytes(1025)
                )
            }
            await first.discard()
        }
    }

    @Loop @Test func `a database that cannot record a file keeps no content`() async throws {
        try await withFiles { bed in
            let kept = try await bed.add(10, seed: 9)
            _ = try await bed.database.removeTenant(bed.ann.tenant)
            await #expect(throws: FilesError.store(.notFound(what: "tenant"))) {
                try await bed.add(10)
            }
            #expect(bed.temporaries.isEmpty)
            #expect(bed.contents.allSatisfy { $0.hasSuffix(kept.hash.hex) })
        }
    }

    @Loop @Test func `a start deletes what was half written`() async throws {
        let folder = try TemporaryFolder(inMemory: true)
        let first = try await FilesFixture(folder)
        let file = try await first.add(10)
        try folder.write([1, 2], to: "files/tmp/7")
        await first.end()
        let bed = try await FilesFixture(folder)
        #expect(bed.temporaries.isEmpty)
        #expect(try await bed.files.file(file.id, of: bed.ann.tenant).bytes == 10)
        #expect(bed.files.accounts.bytes == ByteCount(10))
        let told = bed.lines.all.contains { $0.contains("temporary files of the last run deleted") }
        #expect(told)
        await bed.end()
    }

    @Loop @Test func `a folder that was deleted is made again`() async throws {
        try await withFiles { bed in
            bed.removeFolders()
            let file = try await bed.add(10)
            #expect(try await bed.files.open(file).bytes == 10)
        }
    }

    @Loop @Test func `a folder that cannot be written refuses files in words`() async throws {
        try await withFiles { bed in
            bed.removeFolders()
            try bed.folder.write([], to: "files")  // a file has the folder's name
            let error = await #expect(throws: FilesError.self) { try await bed.add(10) }
            let words = error?.description ?? ""
            #expect(words.contains("cannot store files now") && !words.contains(bed.folder.path))
            #expect(bed.files.accounts.use(of: bed.ann.tenant) == FileAccounts.Use())
        }
    }

    // MARK: Reading and deleting

    @Loop @Test func `another tenant's file is not found`() async throws {
        try await withFiles { bed in
            let file = try await bed.add(10)
            await #expect(throws: FilesError.notFound) {
                _ = try await bed.files.file(file.id, of: RowID(99))
            }
            await #expect(throws: FilesError.notFound) {
                _ = try await bed.files.file("x", of: bed.ann.tenant)
            }
        }
    }

    @Loop @Test(arguments: [true, false])
    func `a content that disappears is told, and its row is forgotten`(
        isTruncated: Bool
    ) async throws {
        try await withFiles { bed in
            let file = try await bed.add(10)
            if isTruncated {
                try bed.folder.write([1], to: bed.contents[0])
            } else {
                bed.remove(bed.contents[0])
            }
            await #expect(throws: FilesError.gone) { _ = try await bed.files.open(file) }
            #expect(try await bed.files.file(file.id) == nil)
            #expect(bed.files.accounts.files == 0 && bed.contents.isEmpty)
            let again = try await bed.add(10)
            #expect(try await bed.files.open(again).bytes == 10)
        }
    }

    @Loop @Test func `a file that is being read can be deleted`() async throws {
        try await withFiles { bed in
            let file = try await bed.add(10)
            let opened = try await bed.files.open(file)
            #expect(try await bed.files.delete(file))
            #expect(try await !bed.files.delete(file))
            #expect(bed.contents.isEmpty && bed.files.accounts.files == 0)
            let read = try await bed.files.read(opened, at: 0, count: 10)
            #expect(read == bed.content(10, 1))
        }
    }

    @Loop @Test func `a read is recorded as a use once an hour`() async throws {
        try await withFiles { bed in
            let file = try await bed.add(10)
            bed.clock.advance(by: .seconds(3599))
            _ = try await bed.files.open(file)
            #expect(try await bed.files.file(file.id)?.lastUsed == file.lastUsed)
            bed.clock.advance(by: .seconds(1))
            _ = try await bed.files.open(file)
            #expect(try await bed.files.file(file.id)?.lastUsed == bed.clock.timestamp)
        }
    }

    @Loop @Test func `all files of a tenant are deleted and counted`() async throws {
        try await withFiles { bed in
            for seed in 1...5 { try await bed.add(10, seed: UInt8(seed)) }
            let total = try await bed.files.deleteAll(of: bed.ann.tenant)
            #expect(total.files == 5 && total.bytes == 50 && bed.contents.isEmpty)
            try await bed.add(10)
            _ = try await bed.database.removeTenant(bed.ann.tenant)
            let removed = await bed.files.removeFolder(of: bed.ann.tenant)
            #expect(removed.files == 1 && removed.bytes == 10 && bed.contents.isEmpty)
            #expect(bed.files.accounts.files == 0)
        }
    }

    @Loop @Test func `a full disk does not keep a file from being deleted`() async throws {
        try await withFiles { bed in
            let file = try await bed.add(10)
            try await bed.database.limitPages(to: 1)
            // The row's deletion needs no new page here. It must be gone in either case.
            try await bed.files.delete(file)
            #expect(bed.contents.isEmpty)
            #expect(try await bed.files.file(file.id) == nil)
        }
    }
}
