/// An address for a server to listen on.
package enum ListenAddress: Hashable, Sendable, CustomStringConvertible {
    /// An IP address (or `localhost`) and a port. Port 0 requests any free port.
    case tcp(host: String, port: Int)
    /// A Unix-domain socket with mode 0600 at a path of at most 107 bytes.
    case unix(path: String)

    /// Listens on the address for a moment, to find out whether a server could.
    ///
    /// - Throws: ``HTTPServerError`` as a server's start does.
    package func tryOut() throws(HTTPServerError) { try ListeningSocket(self).close() }

    package var description: String {
        switch self {
        case .tcp(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        case .unix(let path): "unix:\(path)"
        }
    }
}
