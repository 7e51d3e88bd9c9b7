/// Functions that read whole files on the caller's thread.
package enum TextFile {
    /// The most bytes that ``small(_:)`` reads.
    package static let mostSmall = 65_536

    /// The text of a small file of the kernel, or nil if it cannot be read or is longer than 64 KiB.
    package static func small(_ path: String) -> String? {
        (try? read(path, atMost: mostSmall)).map { String(decoding: $0, as: UTF8.self) }
    }

    /// Reads the whole file.
    ///
    /// - Parameters:
    ///   - path: the file's path.
    ///   - most: the largest size in bytes, 0 or more. A longer file is an error.
    /// - Returns: the file's bytes.
    /// - Throws: ``TextFileError``.
    package static func read(_ path: String, atMost most: Int) throws(TextFileError) -> [UInt8] {
        let file = try FileReader(path)
        var bytes: [UInt8] = []
        // The kernel returns its own files in pieces of at most a page.
        var piece = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = try file.read(into: &piece)
            guard count > 0 else { return bytes }
            bytes += piece[..<count]
            guard bytes.count <= most else { throw .tooLong(most: most) }
        }
    }
}
