import CLinux
import Glibc

/// The process's limit on open descriptors.
package enum FileDescriptors {
    /// Raises the soft limit to the hard one.
    ///
    /// Debian's soft limit of 1,024 is lower than `limits.connections`.
    ///
    /// - Returns: the limit that is in force now.
    @discardableResult
    package static func raiseLimit() -> Int {
        var limit = rlimit()
        unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        limit.rlim_cur = limit.rlim_max
        unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        return Int(clamping: limit.rlim_cur)
    }

    /// The reason for which no descriptor can be opened now (EMFILE), or nil if one can.
    package static var shortage: String? {
        let copy = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 0)
        guard copy >= 0 else {
            return errno == EMFILE ? SystemError("open files").description : nil
        }
        close(copy)
        return nil
    }
}
