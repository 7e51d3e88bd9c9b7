import BerthLoop
import BerthMemory
import BerthStore
import BerthText
import Glibc

/// The folder `files` of the data folder, and everything that blocks while it is read or written.
///
/// It works on a thread of its own named "files", which ends after two seconds without work.
/// Contents are in `files/<tenant>/<hash>`, files that are being written in `files/tmp`.
actor FileDisk {
    /// The path of the data folder.
    nonisolated let data: String
    private nonisolated let worker = Worker(name: "files", linger: .seconds(2))
    private nonisolated var root: String { data + "/files" }
    private nonisolated var temporaries: String { root + "/tmp" }

    private var writing: [Int: TemporaryFile] = [:]
    private var made = 0
    private var walk: FileWalk?

    nonisolated var unownedExecutor: UnownedSerialExecutor {
        unsafe worker.asUnownedSerialExecutor()
    }

    init(data: String) { self.data = data }

    /// Makes the folders, and deletes what an earlier run left half written.
    ///
    /// - Returns: the number of deleted files.
    func prepare() throws(FilesError) -> Int {
        try makeRoot()
        return removeStrays().count
    }

    private func makeRoot() throws(FilesError) {
        for path in [root, temporaries] where unsafe mkdir(path, 0o700) != 0 && errno != EEXIST {
            throw .system("mkdir(\(path))")
        }
    }

    // MARK: Writing

    /// Makes an empty temporary file.
    ///
    /// - Returns: its number.
    func create() throws(FilesError) -> Int {
        try makeRoot()
        made += 1
        writing[made] = try TemporaryFile(path: "\(temporaries)/\(made)")
        return made
    }

    /// Writes a piece at the end of a temporary file.
    func append(_ piece: [UInt8], to number: Int) throws(FilesError) {
        try writing[number]?.append(piece)
    }

    /// Opens a temporary file for reading, or returns nil if it was sealed or discarded.
    func open(_ number: Int) throws(FilesError) -> OpenedFile? {
        guard let path = writing[number]?.path else { return nil }
        return try open(path: path)
    }

    /// Deletes a temporary file.
    ///
    /// Does nothing if it was sealed or discarded before.
    func discard(_ number: Int) { writing.removeValue(forKey: number)?.discard() }

    /// Discards a temporary file after all work that was given before, without being waited for.
    nonisolated func discardSoon(_ number: Int) {
        worker.post { self.assumeIsolated { $0.discard(number) } }
    }

    /// A content in its final place.
    struct Sealed: Sendable {
        let name: FileName
        let bytes: Int
        /// Whether the content was not there before.
        let isNew: Bool
    }

    /// Writes a temporary file through to the disk and moves it to its final place.
    ///
    /// The temporary file is gone in any case.
    func seal(_ number: Int, for tenant: Tenant.ID) throws(FilesError) -> Sealed {
        guard let file = writing.removeValue(forKey: number) else { throw .gone }
        let source = file.path
        do throws(FilesError) {
            let (hash, bytes) = try file.seal()
            let name = FileName(tenant: tenant, hash: hash)
            if size(of: name) == bytes {
                unsafe unlink(source)
                return Sealed(name: name, bytes: bytes, isNew: false)
            }
            try makeFolder(of: tenant)
            guard unsafe rename(source, path(of: name)) == 0 else { throw .system("rename(files)") }
            try sync(root + "/" + FileName.folder(of: tenant))
            return Sealed(name: name, bytes: bytes, isNew: true)
        } catch {
            unsafe unlink(source)
            throw error
        }
    }

    private func makeFolder(of tenant: Tenant.ID) throws(FilesError) {
        guard unsafe mkdir(root + "/" + FileName.folder(of: tenant), 0o700) != 0 else {
            return try sync(root)
        }
        guard errno == EEXIST else { throw .system("mkdir(files)") }
    }

    /// Writes the names in a folder through to the disk, so that a power cut does not lose them.
    private func sync(_ folder: String) throws(FilesError) {
        let descriptor = unsafe Glibc.open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .system("open(files)") }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw .system("fsync(files)") }
    }

    // MARK: Reading

    private nonisolated func path(of name: FileName) -> String { "\(root)/\(name.path)" }

    /// Opens a content, or returns nil if it is not there.
    func open(_ name: FileName) throws(FilesError) -> OpenedFile? {
        try open(path: path(of: name))
    }

    private func open(path: String) throws(FilesError) -> OpenedFile? {
        let descriptor = unsafe Glibc.open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else {
            if errno == ENOENT { return nil }
            throw .system("open(files)")
        }
        var status = stat()
        let isKnown = unsafe fstat(descriptor, &status) == 0
        return OpenedFile(descriptor: descriptor, bytes: isKnown ? Int(status.st_size) : 0)
    }

    /// Reads at most `count` bytes from `offset` on.
    ///
    /// Fewer come at the end of the file alone.
    func read(_ file: OpenedFile, at offset: Int, count: Int) throws(FilesError) -> [UInt8] {
        var failure: FilesError?
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            while filled < count {
                let place = unsafe buffer.baseAddress.map { unsafe $0 + filled }
                let position = off_t(offset + filled)
                let got = unsafe pread(file.descriptor, place, count - filled, position)
                if got < 0, errno == EINTR { continue }
                if got < 0 { failure = .system("read(files)") }
                guard got > 0 else { return }
                filled += got
            }
        }
        if let failure { throw failure }
        return bytes
    }

    /// The length of a content, or nil if it is not there.
    func size(of name: FileName) -> Int? { FileDisk.size(of: path(of: name)) }

    /// The length of a file, or nil if it is not there.
    nonisolated static func size(of path: String) -> Int? {
        var status = stat()
        return unsafe stat(path, &status) == 0 ? Int(status.st_size) : nil
    }

    // MARK: Deleting

    /// Deletes a content.
    ///
    /// It may be gone already.
    func remove(_ name: FileName) throws(FilesError) {
        guard unsafe unlink(path(of: name)) == 0 || errno == ENOENT else {
            throw .system("unlink(files)")
        }
    }

    /// Deletes the folder of a tenant with everything in it.
    ///
    /// - Returns: the number and length of the files that were deleted.
    func removeFolder(of tenant: Tenant.ID) throws(FilesError) -> (files: Int, bytes: Int) {
        let folder = root + "/" + FileName.folder(of: tenant)
        var (files, bytes) = (0, 0)
        for name in FolderReader.names(in: folder) {
            let size = FileDisk.size(of: "\(folder)/\(name)") ?? 0
            guard unsafe unlink("\(folder)/\(name)") == 0 else { throw .system("unlink(files)") }
            (files, bytes) = (files + 1, bytes + size)
        }
        guard unsafe rmdir(folder) == 0 || errno == ENOENT else { throw .system("rmdir(files)") }
        return (files, bytes)
    }

    /// Temporary files that nothing writes, with their lengths.
    func strays() -> [(path: String, bytes: Int)] {
        let open = Set(writing.values.map(\.path))
        return FolderReader.names(in: temporaries).map { "\(temporaries)/\($0)" }
            .filter { !open.contains($0) }
            .map { ($0, FileDisk.size(of: $0) ?? 0) }
    }

    /// Deletes temporary files that nothing writes.
    private func removeStrays() -> [String] { strays().map(\.path).filter(removeStray) }

    /// Deletes a temporary file that nothing writes.
    ///
    /// - Returns: whether this call deleted it.
    func removeStray(_ path: String) -> Bool {
        guard !writing.values.contains(where: { $0.path == path }) else { return false }
        return unsafe unlink(path) == 0
    }

    // MARK: Walking

    /// The next contents in the order of the folders, at most `limit`, or nil at the end.
    ///
    /// The walk begins anew after its end.
    func next(_ limit: Int) -> [FileName]? {
        if walk == nil { walk = FileWalk(root) }
        let names = walk?.next(limit) ?? []
        if names.isEmpty { walk = nil }
        return names.isEmpty ? nil : names
    }

    // MARK: Ballast

    /// Makes the ballast file, or changes its size.
    func setBallast(_ size: ByteCount) throws(FilesError) { try Ballast.make(size, in: data) }

    /// Deletes the ballast file.
    func dropBallast() { Ballast.drop(in: data) }
}
