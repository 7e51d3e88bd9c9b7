import BerthLoop
import BerthTestKit
import Glibc

/// A folder with a small file system of its own, which only root can make.
final class SmallDisk: Sendable {
    let folder: TemporaryFolder
    private static let page = 4096

    /// Whether this process may mount a file system.
    static let isPossible = (try? SmallDisk()) != nil

    /// Mounts an empty file system of `megabytes`.
    init(megabytes: Int = 4) throws {
        folder = try TemporaryFolder()
        guard unsafe mount("tmpfs", folder.path, "tmpfs", 0, "size=\(megabytes)m") == 0 else {
            throw SystemError("mount(tmpfs)")
        }
    }

    deinit { unsafe umount2(folder.path, CInt(MNT_DETACH)) }

    /// Takes the rest of the disk, except the given number of pages, as another program may.
    func fill(leaving pages: Int) throws {
        let descriptor = unsafe open(
            folder.path(of: "filler"),
            O_WRONLY | O_CREAT | O_CLOEXEC,
            0o600
        )
        guard descriptor >= 0 else { throw SystemError("open(filler)") }
        defer { close(descriptor) }
        let zeros = [UInt8](repeating: 0, count: SmallDisk.page)
        var written = 0
        while unsafe write(descriptor, zeros, zeros.count) == zeros.count { written += 1 }
        guard ftruncate(descriptor, off_t(max(0, written - pages) * SmallDisk.page)) == 0 else {
            throw SystemError("ftruncate(filler)")
        }
    }

    /// Ends ``fill(leaving:)``.
    func empty() { unsafe unlink(folder.path(of: "filler")) }
}
