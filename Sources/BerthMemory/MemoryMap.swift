/// The resident pages of a process by class, from every mapping of `/proc/self/smaps`.
///
/// The sizes of the classes sum to ``resident`` exactly.
///
/// The kernel reports neighbouring mappings with the same rights as one mapping, so some classes
/// include pages of another. An anonymous block directly after a file's zero-initialised variables
/// counts as ``data``. On kernels before 6.7 a block directly above a thread's stack counts as
/// ``stacks``. Large blocks that are mapped without malloc count as ``heap``, but none of Berth's
/// libraries maps any.
///
/// Source: <https://docs.kernel.org/filesystems/proc.html>, "/proc/PID/smaps" and its VmFlags.
package struct MemoryMap: Equatable, Sendable {
    /// Code, constants and untouched variables of the program's own file.
    package var program = ByteCount.zero
    /// The same pages of all other mapped files: libraries, and SQLite's shared index.
    package var libraries = ByteCount.zero
    /// Written variables of the program and of libraries, and pages that the linker relocated.
    package var data = ByteCount.zero
    /// Memory of malloc: the heap, the other arenas, and blocks of at least 128 KiB that are mapped
    /// on their own.
    package var heap = ByteCount.zero
    /// The stacks of all threads.
    package var stacks = ByteCount.zero
    /// Other anonymous memory, mostly small blocks of the dynamic linker.
    package var anonymous = ByteCount.zero
    /// Pages that the kernel maps into every process: vdso, vvar.
    package var kernel = ByteCount.zero
    /// The sum of the mappings' `Rss`, and of all classes.
    package var resident = ByteCount.zero

    /// Makes an empty map.
    package init() {}

    /// Reads the map of this process, or of another process with the same rights.
    ///
    /// It holds a page of the text and one line. Measured (release, two cores, 222 mappings): 1.7 ms
    /// at 22 MiB, 2.6 ms at 86 MiB resident. A hundred reads in a row leave no memory behind. It is
    /// meant for reports and too slow for every second.
    ///
    /// - Parameter process: another process's id, or nil for this process.
    /// - Returns: nil if `smaps` cannot be read or has another form than Linux's.
    package static func read(process: Int32? = nil) -> MemoryMap? {
        let folder = process.map { "/proc/\($0)" } ?? "/proc/self"
        guard let file = try? FileReader("\(folder)/smaps") else { return nil }
        let program = FileLink.target(of: "\(folder)/exe")
        return try? reading(program: program) { (piece) throws(TextFileError) in
            try file.read(into: &piece)
        }
    }

    /// Reads a text piece by piece from `next`.
    ///
    /// - Parameters:
    ///   - program: the path of the program's file, as `smaps` writes it.
    ///   - next: a function that fills its array from the beginning and returns the number of bytes,
    ///     or 0 at the text's end.
    /// - Returns: nil if the text is no list of mappings.
    /// - Throws: the error of `next`.
    static func reading<Failure: Error>(
        program: String?,
        from next: (inout [UInt8]) throws(Failure) -> Int
    ) throws(Failure) -> MemoryMap? {
        var parser = MemoryMapParser(program: program)
        // The kernel returns at most a page at a time.
        var piece = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = try next(&piece)
            guard count > 0 else { return parser.finish() }
            parser.read(piece[..<count])
        }
    }
}
