import BerthLoop
import CLinux
import Glibc

/// The folder that holds all of a service's state, owned by one process at a time.
///
/// The lock is an `flock` on `berth.lock`: it ends with this object or the process, however that
/// ends, so there is no stale lock. The file names the holder's pid.
package final class DataFolder: Sendable {
    /// As it was given.
    package let path: String
    private let lock: Int32

    /// Makes the folder where it is missing (mode 0700) and takes its lock.
    ///
    /// - Parameter path: relative to the working directory, or absolute.
    /// - Throws: ``StoreError/folder(path:reason:)``, ``StoreError/inUse(folder:pid:)``.
    package init(path: String) throws(StoreError) {
        try DataFolder.make(path)
        lock = try DataFolder.lock(path)
        self.path = path
        sign()
    }

    deinit { close(lock) }

    /// The path of `name` in the folder.
    package func path(of name: String) -> String { "\(path)/\(name)" }

    /// The database's path.
    package var database: String { DataFolder.database(in: path) }

    /// The database's path in a folder whose lock is not needed: for `berth doctor`.
    package static func database(in path: String) -> String { path + "/berth.db" }

    // MARK: The folder

    private static func make(_ path: String) throws(StoreError) {
        guard !path.isEmpty else { throw .folder(path: path, reason: "its name is empty") }
        for end in path.indices.dropFirst() where path[end] == "/" {
            // A failure with a parent shows in the folder itself.
            unsafe mkdir(String(path[..<end]), 0o755)
        }
        if unsafe mkdir(path, 0o700) == 0 { return syncParent(of: path) }
        guard errno == EEXIST else { throw failure(path, "mkdir") }
    }

    /// A power cut must not take the new folder's name away with everything in it.
    private static func syncParent(of path: String) {
        let parent = unsafe open(path + "/..", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard parent >= 0 else { return }
        fsync(parent)
        close(parent)
    }

    private static func failure(
        _ path: String,
        _ call: String,
        code: Int32 = errno
    ) -> StoreError {
        .folder(path: path, reason: SystemError(call, code: code).description)
    }

    // MARK: The lock

    /// A function of its own, because an initialiser that fails late runs `deinit` too, which
    /// would close the descriptor a second time.
    private static func lock(_ path: String) throws(StoreError) -> Int32 {
        let lock = unsafe open(path + "/berth.lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard lock >= 0 else { throw failure(path, "open(berth.lock)") }
        guard flock(lock, LOCK_EX | LOCK_NB) != 0 else { return lock }
        let code = errno
        defer { close(lock) }
        if code == EWOULDBLOCK { throw .inUse(folder: path, pid: holder(lock)) }
        throw failure(path, "flock(berth.lock)", code: code)
    }

    private func sign() {
        let line = Array("\(getpid())\n".utf8)
        // The pid is only for the words of a refusal: a disk that is full must not stop the start.
        ftruncate(lock, 0)
        _ = unsafe pwrite(lock, line, line.count, 0)
    }

    private static func holder(_ lock: Int32) -> Int? {
        var line = [UInt8](repeating: 0, count: 20)
        let count = unsafe pread(lock, &line, line.count, 0)
        let digits = line.prefix(max(0, count)).prefix { $0 != UInt8(ascii: "\n") }
        return Int(String(decoding: digits, as: UTF8.self))
    }
}
