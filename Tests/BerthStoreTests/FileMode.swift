import Glibc

/// The kernel's figures of a file and of this process.
enum FileMode {
    /// The permission bits, or nil where there is no such file.
    static func of(_ path: String) -> UInt32? {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else { return nil }
        return status.st_mode & 0o777
    }

    static var pid: Int { Int(getpid()) }
}
