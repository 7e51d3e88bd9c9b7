package import BerthLoop
package import BerthMemory
import Glibc

/// An error of the server, at its start for the operator or in an exchange for its handler.
package enum HTTPServerError: Error, Equatable, CustomStringConvertible {
    /// Another process already listens on the address.
    case addressInUse(ListenAddress)
    /// The address is no IP address, its port is outside 0...65535, or its path is empty.
    case badAddress(ListenAddress)
    /// The path of a Unix-domain socket has more than 107 bytes.
    case pathTooLong(String)
    /// The path belongs to a file that is not a socket.
    case notASocket(String)
    /// The system refused the socket.
    case cannotListen(ListenAddress, SystemError)
    /// libmicrohttpd did not start, for lack of memory or descriptors.
    case cannotStart(ListenAddress, SystemError)

    /// The client has left or the server is ending, so the answer will not be read.
    case clientGone
    /// The body is larger than the limit of the server or the handler.
    case bodyTooLarge(limit: ByteCount)
    /// The body did not arrive within its deadline.
    case bodyTimeout(after: Duration)
    /// A chunk of the body has a size or an extension without an end.
    case badChunks
    /// As many requests of one client address are under way as `limits.connections_per_address`.
    case tooManyRequests(limit: Int)

    package var description: String {
        switch self {
        case .addressInUse(.unix(let path)):
            "another service answers at '\(path)': stop it, or change 'data'"
        case .addressInUse(let address):
            "another program listens on \(address): stop it, or change 'listen'"
        case .badAddress(let address):
            "cannot listen on \(address): give an IP address and a port from 0 to 65535, or a path"
        case .pathTooLong(let path):
            "the socket's path '\(path)' has \(path.utf8.count) bytes and Linux allows 107:"
                + " choose a shorter data folder"
        case .notASocket(let path):
            "'\(path)' exists and is not a socket: move it away, or choose another path"
        case .cannotListen(.tcp(let host, _), let error) where error.code == EADDRNOTAVAIL:
            "this machine has no network interface with the address \(host): change 'listen' to one"
                + " that 'ip address' lists, or to 0.0.0.0 for all"
        case .cannotListen(.tcp(_, let port), let error) where error.code == EACCES:
            "this user may not listen on port \(port): change 'listen' to a port of 1024 or more,"
                + " or put a reverse proxy in front"
        case .cannotListen(let address, let error): "cannot listen on \(address): \(error)"
        case .cannotStart(let address, let error):
            "the HTTP server on \(address) did not start: \(error)"
        case .clientGone: "the client has left"
        case .bodyTooLarge(let limit):
            "the request's body is larger than \(limit): send less at once"
        case .bodyTimeout(let after):
            "the request's body did not arrive within \(Int(after.seconds)) s: send it again"
        case .badChunks: "a chunk of the request's body has a size or an extension that is too long"
        case .tooManyRequests(let limit):
            "\(limit) requests from your address are under way, which is the limit: wait for one"
        }
    }
}
