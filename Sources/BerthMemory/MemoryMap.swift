/// Where the resident pages of this process are: every mapping of `/proc/self/smaps`, in classes
/// whose sizes sum to ``resident`` exactly.
///
/// What cannot be told apart from outside, because the kernel gives neighbours with the same rights
/// as one mapping: a file's zero-initialised variables and an anonymous block that was mapped right
/// behind them count as ``data``; on kernels before 6.7 a block right above a thread's stack counts
/// as ``stacks``. Blocks that others than malloc map (none of Berth's libraries does) and that are
/// as large as malloc's count as ``heap``.
///
/// Source: <https://docs.kernel.org/filesystems/proc.html>, "/proc/PID/smaps" and its VmFlags.
package struct MemoryMap: Equatable, Sendable {
    /// Code, constants and untouched variables of the program's own file.
    package var program = ByteCount.zero
    /// The same of all other mapped files: libraries, and SQLite's shared index.
    package var libraries = ByteCount.zero
    /// Written variables, of the program and of libraries, and what the linker relocated.
    package var data = ByteCount.zero
    /// malloc's: the heap, the other arenas, and blocks of at least 128 KiB mapped on their own.
    package var heap = ByteCount.zero
    /// The main thread's stack and those of the others.
    package var stacks = ByteCount.zero
    /// Anonymous memory that is none of these: mostly small blocks of the dynamic linker.
    package var anonymous = ByteCount.zero
    /// Pages that the kernel lends every process: vdso, vvar.
    package var kernel = ByteCount.zero
    /// All of it: the sum of the mappings' `Rss`.
    package var resident = ByteCount.zero
    /// What each mapped file holds, the largest first.
    package var files: [MappedFile] = []

    /// A mapped file's pages, of ``MemoryMap/program`` or ``MemoryMap/libraries`` and of
    /// ``MemoryMap/data``; without what follows the file in memory.
    package struct MappedFile: Equatable, Sendable {
        /// The file's path.
        package let path: String
        /// Its pages in memory.
        package var resident: ByteCount
        /// The part that was written, and is this process's own.
        package var anonymous: ByteCount

        /// Names figures.
        package init(path: String, resident: ByteCount, anonymous: ByteCount) {
            self.path = path
            self.resident = resident
            self.anonymous = anonymous
        }
    }

    /// The most files that ``files`` names; what others hold is still in the classes.
    package static let mostFiles = 256

    /// A map of nothing, to add to.
    package init() {}

    /// Reads the map of this process, or of another with the same rights.
    ///
    /// It holds a page of the text, a line and the names of at most ``mostFiles`` files: some 30 KiB.
    /// Measured (release, two cores, 222 mappings): 1.7 ms at 22 MiB, 2.6 ms at 86 MiB resident; a
    /// hundred in a row leave nothing behind. So it is for reports, not for every second.
    ///
    /// - Parameter process: another process's id; nil is this one.
    /// - Returns: nil where `smaps` cannot be read or is unlike Linux's.
    package static func read(process: Int32? = nil) -> MemoryMap? {
        let folder = process.map { "/proc/\($0)" } ?? "/proc/self"
        guard let file = try? FileReader("\(folder)/smaps") else { return nil }
        let program = FileLink.target(of: "\(folder)/exe")
        return try? reading(program: program) { (piece) throws(TextFileError) in
            try file.read(into: &piece)
        }
    }

    /// Reads the text that `next` gives piece by piece, 0 bytes at its end.
    ///
    /// - Parameters:
    ///   - program: the path of the program's file, as `smaps` writes it.
    ///   - next: fills its array from the beginning and says how many bytes that were.
    /// - Returns: nil where the text is no list of mappings.
    /// - Throws: what `next` throws.
    static func reading<Failure: Error>(
        program: String?,
        from next: (inout [UInt8]) throws(Failure) -> Int
    ) throws(Failure) -> MemoryMap? {
        var parser = MemoryMapParser(program: program)
        // The kernel gives a page at a time.
        var piece = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = try next(&piece)
            guard count > 0 else { return parser.finish() }
            parser.read(piece[..<count])
        }
    }
}
