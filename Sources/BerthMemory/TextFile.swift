import Glibc

/// Why a file was not read.
package enum TextFileError: Error, Equatable, CustomStringConvertible {
    /// With errno.
    case unreadable(Int32)
    /// `most` are bytes.
    case tooLong(most: Int)

    /// There is no such file.
    package var isMissing: Bool { self == .unreadable(ENOENT) }

    package var description: String {
        switch self {
        case .unreadable(ENOENT): "no such file"
        case .unreadable(EACCES): "may not be read by this user"
        case .unreadable(EISDIR): "is a folder, not a file"
        case .unreadable(let code): "cannot be read (errno \(code))"
        case .tooLong(let most): "is longer than \(most) bytes"
        }
    }
}

/// Files that are read whole, on the caller's thread.
package enum TextFile {
    /// The most that ``small(_:)`` reads, in bytes.
    package static let mostSmall = 65_536

    /// A small file of the kernel's; nil where it cannot be read or is longer than 64 KiB.
    package static func small(_ path: String) -> String? {
        (try? read(path, atMost: mostSmall)).map { String(decoding: $0, as: UTF8.self) }
    }

    /// The whole of `path`.
    ///
    /// - Parameters:
    ///   - path: the file.
    ///   - most: bytes, 0 or more; a longer file is an error.
    /// - Returns: the file's bytes.
    /// - Throws: ``TextFileError``.
    package static func read(_ path: String, atMost most: Int) throws(TextFileError) -> [UInt8] {
        let file = try FileReader(path)
        var bytes: [UInt8] = []
        // The kernel gives its own files a page at a time.
        var piece = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = try file.read(into: &piece)
            guard count > 0 else { return bytes }
            bytes += piece[..<count]
            guard bytes.count <= most else { throw .tooLong(most: most) }
        }
    }
}

/// A file that is read from its beginning to its end, closed with the value.
struct FileReader: ~Copyable {
    private let descriptor: Int32

    /// Opens `path`.
    init(_ path: String) throws(TextFileError) {
        descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .unreadable(errno) }
    }

    /// Reads the next bytes, at most as many as `piece` has room for.
    ///
    /// - Returns: how many; 0 at the file's end.
    func read(into piece: inout [UInt8]) throws(TextFileError) -> Int {
        while true {
            let count = unsafe Glibc.read(descriptor, &piece, piece.count)
            if count >= 0 { return count }
            guard errno == EINTR else { throw .unreadable(errno) }
        }
    }

    deinit { close(descriptor) }
}
