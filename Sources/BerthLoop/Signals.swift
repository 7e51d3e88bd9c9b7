import CLinux
import Glibc

/// Signals as events of the loop.
package enum Signals {
    /// Makes a write to a closed pipe or socket an error instead of the process's end.
    package static func ignorePipe() { signal(SIGPIPE, SIG_IGN) }

    /// Blocks SIGTERM, SIGINT and SIGHUP for this thread and all it starts: before any thread is
    /// made, so that ``watch(_:)`` gets them whichever thread they would hit.
    package static func block() {
        var set = Signals.set(SIGTERM, SIGINT, SIGHUP)
        unsafe pthread_sigmask(SIG_BLOCK, &set, nil)
    }

    /// Calls `handler` with the signal's number for each SIGTERM, SIGINT and SIGHUP from now on.
    ///
    /// - Returns: the watch; the process keeps it to its end.
    /// - Throws: ``SystemError`` when the kernel has no descriptor left.
    @Loop package static func watch(
        _ handler: @escaping @Loop (Int32) -> Void
    ) throws(SystemError) -> Watch {
        var set = Signals.set(SIGTERM, SIGINT, SIGHUP)
        let descriptor = unsafe signalfd(
            -1,
            &set,
            Int32(SFD_CLOEXEC | SFD_NONBLOCK)
        )
        guard descriptor >= 0 else { throw SystemError("signalfd") }
        return try Watch(descriptor, for: .readable) { _ in
            var info = signalfd_siginfo()
            let size = MemoryLayout<signalfd_siginfo>.size
            while unsafe read(descriptor, &info, size) == size { handler(Int32(info.ssi_signo)) }
        }
    }

    private static func set(_ signals: Int32...) -> sigset_t {
        var set = sigset_t()
        unsafe sigemptyset(&set)
        for signal in signals { unsafe sigaddset(&set, signal) }
        return set
    }
}

/// The process's limit on open descriptors.
package enum FileDescriptors {
    /// Raises the soft limit to the hard one: Debian's soft 1,024 is fewer than `limits.connections`.
    ///
    /// - Returns: the limit now in force.
    @discardableResult
    package static func raiseLimit() -> Int {
        var limit = rlimit()
        unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        limit.rlim_cur = limit.rlim_max
        unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        return Int(clamping: limit.rlim_cur)
    }
}
