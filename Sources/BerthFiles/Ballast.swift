package import BerthMemory
import Glibc

/// A file that only takes room, so that room can be made when the disk is full.
///
/// A full disk would stop the database: a commit and a checkpoint both need room. Deleting the
/// ballast gives them some.
package enum Ballast {
    /// The most of the room that it takes, as a divisor: a tenth.
    static let part = 10

    /// Its path in a data folder.
    static func path(in data: String) -> String { data + "/ballast" }

    /// Its present size, which is 0 if there is none.
    package static func size(in data: String) -> ByteCount {
        ByteCount(FileDisk.size(of: path(in: data)) ?? 0)
    }

    /// Makes it, or changes its size.
    ///
    /// It never exists in part.
    static func make(_ size: ByteCount, in data: String) throws(FilesError) {
        guard size > .zero else { return drop(in: data) }
        let flags = O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW
        let descriptor = unsafe open(path(in: data), flags, 0o600)
        guard descriptor >= 0 else { throw .system("open(ballast)") }
        defer { close(descriptor) }
        ftruncate(descriptor, off_t(size.bytes))
        let code = posix_fallocate(descriptor, 0, off_t(size.bytes))
        guard code == 0 else {
            drop(in: data)
            throw .system("fallocate(ballast)", code: code)
        }
    }

    /// Deletes it.
    static func drop(in data: String) { unsafe unlink(path(in: data)) }

    /// Deletes it if the disk has so little room that the database might not open.
    ///
    /// - Returns: whether it was deleted.
    package static func relieve(in data: String) -> Bool {
        guard size(in: data) > .zero, let figures = DiskFigures.read(data), figures.isShort else {
            return false
        }
        drop(in: data)
        return true
    }
}
