import CLinux
import Glibc

/// A descriptor to which lines are written without waiting for its reader.
///
/// The flag O_NONBLOCK belongs to the open file description, which a shell and other programs may
/// share. Therefore it is never set on the descriptor itself.
///
/// The outlet has a descriptor of its own, so that no line goes to a file or connection that later
/// gets the number of a descriptor that its owner has closed.
struct LogOutlet {
    /// The outlet's own descriptor.
    let descriptor: Int32
    /// The most bytes of one write.
    let most: Int
    private let kind: Kind

    private enum Kind {
        /// A pipe or a terminal, opened once more with a description of its own that does not block.
        case reopened
        /// A socket, which takes the flag with each message.
        case socket
        /// A pipe or a terminal that this user cannot open once more. It is written to only if it has
        /// room for `most` bytes.
        case shared
        /// A file, which has no reader to wait for.
        case file
    }

    /// The outlet of an open descriptor, which stays its owner's.
    init(of descriptor: Int32) {
        var status = stat()
        let isKnown = unsafe fstat(descriptor, &status) == 0
        var (kind, own) = (Kind.file, Int32(-1))
        switch status.st_mode & S_IFMT {
        case S_IFSOCK: kind = .socket
        case S_IFIFO, S_IFCHR:
            let flags = O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC
            own = unsafe open("/proc/self/fd/\(descriptor)", flags)
            kind = own < 0 ? .shared : .reopened
        default: break
        }
        if own < 0 { own = fcntl(descriptor, F_DUPFD_CLOEXEC, 0) }
        self.kind = isKnown ? kind : .file
        self.descriptor = own
        // A pipe that is ready has room for PIPE_BUF (4,096) bytes. Source: pipe(7).
        most = kind == .shared ? 4096 : .max
    }

    /// Writes the beginning of `bytes`.
    ///
    /// - Returns: the number of bytes written, which is 0 if the reader stands still, the disk is
    ///   full, or nobody reads.
    func write(_ bytes: UnsafeRawBufferPointer) -> Int {
        guard kind != .shared || waits(atMostMs: 0) else { return 0 }
        while true {
            let count = min(bytes.count, most)
            let written =
                kind == .socket
                ? unsafe send(
                    descriptor,
                    bytes.baseAddress,
                    count,
                    Int32(MSG_DONTWAIT | MSG_NOSIGNAL)
                ) : unsafe Glibc.write(descriptor, bytes.baseAddress, count)
            guard written < 0, errno == EINTR else { return max(0, written) }
        }
    }

    /// Waits for room at most `milliseconds`.
    ///
    /// - Returns: whether there is room.
    func waits(atMostMs milliseconds: Int32) -> Bool {
        var ready = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        return unsafe poll(&ready, 1, milliseconds) == 1
            && ready.revents & Int16(POLLOUT) != 0
    }

    /// Closes the outlet's descriptor.
    func close() { if descriptor >= 0 { Glibc.close(descriptor) } }
}
