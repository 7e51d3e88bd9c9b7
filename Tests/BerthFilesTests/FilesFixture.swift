import BerthConfig
import BerthLoop
import BerthMemory
import BerthTelemetry
import BerthTestKit
import Glibc

@testable import BerthFiles
@testable import BerthStore

/// The files of a service on a real folder and a real database, on a clock that the test moves.
@Loop final class FilesFixture {
    let folder: TemporaryFolder
    let clock = ManualClock()
    let lines = LogLines()
    let database: Database
    let files: TenantFiles
    let governor: DiskGovernor
    let ann: FileOwner
    let disk: Figures

    /// Figures of the disk that a test chooses; nil for the machine's.
    @Loop final class Figures {
        var given: DiskFigures?
        nonisolated init() {}
    }

    var cleaner: FileCleaner { governor.cleaner }

    /// Makes files in a new folder, or in one that was used before.
    init(
        _ folder: TemporaryFolder? = nil,
        ballast: ByteCount = .zero
    ) async throws {
        let made = try folder ?? TemporaryFolder(inMemory: true)
        self.folder = made
        database = try await Database.open(in: DataFolder(path: made.path), log: .silent)
        let tenants = try await database.tenants()
        let tenant =
            if let known = tenants.first { known } else {
                try await database.addTenant(named: "ann", at: clock.timestamp)
            }
        ann = FileOwner(tenant: tenant.id, disk: .mebibytes(8), files: 20)
        let (disk, surroundings) = (Figures(), Surroundings.quiet(clock, log: lines.log))
        self.disk = disk
        var settings = Configuration(memory: .init(limit: .mebibytes(64), source: "a test")).files
        settings.ballast = ballast
        files = TenantFiles(
            database,
            folder: made.path,
            url: "http://berth",
            ballast: settings.ballast,
            in: surroundings,
            measure: { path, bytes in
                guard var given = disk.given else { return DiskFigures.read(path, files: bytes) }
                given.ballast = Ballast.size(in: path)
                return given
            }
        )
        governor = DiskGovernor(files, settings, in: surroundings)
        try await files.start()
    }

    /// Stores a file of `size` bytes that no other file has.
    @discardableResult
    func add(_ size: Int, seed: UInt8 = 1, for owner: FileOwner? = nil) async throws -> StoredFile {
        try await files.add(content(size, seed), FileKind("image/png"), for: owner ?? ann)
    }

    func content(_ size: Int, _ seed: UInt8) -> [UInt8] {
        (0..<size).map { UInt8(truncatingIfNeeded: $0 / 3) ^ seed }
    }

    /// The paths of all files below `files`, without the folder of temporary files.
    var contents: [String] {
        let root = folder.path(of: "files")
        return FolderReader.names(in: root).filter { $0 != "tmp" }.flatMap { tenant in
            FolderReader.names(in: "\(root)/\(tenant)").map { "files/\(tenant)/\($0)" }
        }
    }

    var temporaries: [String] { FolderReader.names(in: folder.path(of: "files/tmp")) }

    /// Has the governor look so often that everything due is done.
    func look(_ times: Int = 40) async { for _ in 0..<times { await governor.look() } }

    /// Deletes a file behind Berth's back.
    func remove(_ name: String) { unsafe unlink(folder.path(of: name)) }

    func makeFolder(_ name: String) { unsafe mkdir(folder.path(of: name), 0o700) }

    /// Deletes the folders of files behind Berth's back, which must be empty.
    func removeFolders() {
        for name in ["files/tmp", "files"] { unsafe rmdir(folder.path(of: name)) }
    }

    func end() async { await database.close() }
}

/// Runs `test` with files of its own.
@Loop func withFiles(
    ballast: ByteCount = .zero,
    _ test: @Loop (FilesFixture) async throws -> Void
) async throws {
    let fixture = try await FilesFixture(nil, ballast: ballast)
    do { try await test(fixture) } catch {
        await fixture.end()
        throw error
    }
    await fixture.end()
}
