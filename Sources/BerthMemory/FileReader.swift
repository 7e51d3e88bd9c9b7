import Glibc

/// A file that is read from beginning to end.
///
/// It is closed with the value.
struct FileReader: ~Copyable {
    private let descriptor: Int32

    /// Opens `path`.
    init(_ path: String) throws(TextFileError) {
        descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .unreadable(errno) }
    }

    /// Reads the next bytes into `piece`, at most as many as it has elements.
    ///
    /// - Returns: the number of bytes, or 0 at the end of the file.
    func read(into piece: inout [UInt8]) throws(TextFileError) -> Int {
        while true {
            let count = unsafe Glibc.read(descriptor, &piece, piece.count)
            if count >= 0 { return count }
            guard errno == EINTR else { throw .unreadable(errno) }
        }
    }

    deinit { close(descriptor) }
}
