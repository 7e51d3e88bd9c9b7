import CLinux

/// The states of a file descriptor that epoll reports, or that a watch asks for.
package struct Readiness: OptionSet, Sendable {
    /// epoll's event mask.
    package let rawValue: UInt32

    /// Wraps epoll's event mask.
    package init(rawValue: UInt32) { self.rawValue = rawValue }

    /// Bytes, a connection or the end of the stream can be read.
    package static let readable = Readiness(rawValue: EPOLLIN.rawValue)
    /// Bytes can be written.
    package static let writable = Readiness(rawValue: EPOLLOUT.rawValue)
    /// The peer has closed its sending side.
    package static let peerClosed = Readiness(rawValue: EPOLLRDHUP.rawValue)
    /// The connection is closed.
    ///
    /// Reported even if it is not asked for.
    package static let hungUp = Readiness(rawValue: EPOLLHUP.rawValue)
    /// The descriptor has an error.
    ///
    /// Reported even if it is not asked for.
    package static let failed = Readiness(rawValue: EPOLLERR.rawValue)
    /// A state is reported when it begins, and not as long as it lasts.
    static let edge = Readiness(rawValue: EPOLLET.rawValue)
}
