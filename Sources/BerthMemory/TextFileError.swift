import Glibc

/// Why a file was not read.
package enum TextFileError: Error, Equatable, CustomStringConvertible {
    /// A system call failed with this errno.
    case unreadable(Int32)
    /// The file is longer than `most` bytes.
    case tooLong(most: Int)

    /// Whether the file does not exist.
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
