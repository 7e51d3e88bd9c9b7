import Glibc

/// Why a file was not read.
enum TextFileError: Error, Equatable, CustomStringConvertible {
    /// With errno.
    case unreadable(Int32)
    case tooLong(most: Int)

    var isMissing: Bool { self == .unreadable(ENOENT) }

    var description: String {
        switch self {
        case .unreadable(ENOENT): "no such file"
        case .unreadable(EACCES): "may not be read by this user"
        case .unreadable(EISDIR): "is a folder, not a file"
        case .unreadable(let code): "cannot be read (errno \(code))"
        case .tooLong(let most): "is longer than \(most) bytes"
        }
    }
}

/// Files that are read whole.
package enum TextFile {
    /// A small file of the kernel's; nil where it is not there or is longer than 64 KiB.
    package static func small(_ path: String) -> String? {
        (try? read(path, atMost: 65_536)).map { String(decoding: $0, as: UTF8.self) }
    }

    /// The whole of `path`, read on the caller's thread.
    static func read(_ path: String, atMost most: Int) throws(TextFileError) -> [UInt8] {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .unreadable(errno) }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 16_384)
        while true {
            let count = unsafe Glibc.read(descriptor, &piece, piece.count)
            guard count >= 0 else {
                if errno == EINTR { continue }
                throw .unreadable(errno)
            }
            guard count > 0 else { return bytes }
            bytes += piece[..<count]
            guard bytes.count <= most else { throw .tooLong(most: most) }
        }
    }
}
