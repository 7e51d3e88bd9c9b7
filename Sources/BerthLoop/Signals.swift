import CLinux
import Glibc

/// Signals as events of the loop.
package enum Signals {
    /// Makes a write to a closed pipe or socket, or beyond the largest size of a file, fail with an
    /// error instead of ending the process.
    package static func ignorePipe() {
        signal(SIGPIPE, SIG_IGN)
        signal(SIGXFSZ, SIG_IGN)
    }

    /// Blocks SIGTERM, SIGINT and SIGHUP for this thread and all threads that it starts.
    ///
    /// Must be called before any thread is made, so ``watch(_:)`` receives the signals whichever
    /// thread the kernel would choose.
    package static func block() {
        var set = Signals.set(SIGTERM, SIGINT, SIGHUP)
        unsafe pthread_sigmask(SIG_BLOCK, &set, nil)
    }

    /// Calls `handler` with the signal's number for each SIGTERM, SIGINT and SIGHUP from now on.
    ///
    /// - Returns: the watch, which the caller keeps until the process ends.
    /// - Throws: ``SystemError`` if the kernel has no descriptor left.
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
