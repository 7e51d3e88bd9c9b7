import BerthText
import Glibc

/// A file that is being written, before its content's hash is known.
struct TemporaryFile {
    let path: String
    private let descriptor: Int32
    private let hash = RunningHash()
    private var bytes = 0

    /// Makes an empty file with mode 0600.
    init(path: String) throws(FilesError) {
        let flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW
        descriptor = unsafe Glibc.open(path, flags, 0o600)
        guard descriptor >= 0 else { throw .system("open(files/tmp)") }
        self.path = path
    }

    /// Writes all of `piece` at the end.
    mutating func append(_ piece: [UInt8]) throws(FilesError) {
        var rest = piece[...]
        while !rest.isEmpty {
            let count = unsafe rest.withUnsafeBytes {
                unsafe Glibc.write(descriptor, $0.baseAddress, $0.count)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw .system("write(files/tmp)") }
            rest = rest.dropFirst(count)
        }
        hash.update(piece[...])
        bytes += piece.count
    }

    /// Writes everything to the disk, closes the file and returns its hash and length.
    ///
    /// A file that cannot be written is closed too.
    consuming func seal() throws(FilesError) -> (hash: [UInt8], bytes: Int) {
        let isSynced = fsync(descriptor) == 0
        let code = errno
        // Some file systems report a failed write only here.
        guard close(descriptor) == 0 || !isSynced else { throw .system("close(files/tmp)") }
        guard isSynced else { throw .system("fsync(files/tmp)", code: code) }
        return (hash.finish(), bytes)
    }

    /// Closes the file and deletes it.
    consuming func discard() {
        close(descriptor)
        unsafe unlink(path)
    }
}
