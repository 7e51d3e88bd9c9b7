package import BerthLoop
package import BerthMemory

/// What goes wrong in the server: at its start for the operator, in an exchange for its handler.
package enum HTTPServerError: Error, Equatable, CustomStringConvertible {
    /// Somebody listens there already.
    case addressInUse(ListenAddress)
    /// No IP address, a port outside 0...65535, or an empty path.
    case badAddress(ListenAddress)
    /// A Unix-domain socket's path of more than 107 bytes.
    case pathTooLong(String)
    /// Something that is not a socket has the socket's path.
    case notASocket(String)
    /// The system refused to listen.
    case cannotListen(ListenAddress, SystemError)
    /// libmicrohttpd did not start: out of memory or descriptors.
    case cannotStart(ListenAddress, SystemError)

    /// The client has left, or the server is ending: nobody will read the answer.
    case clientGone
    /// The body is larger than the server or the handler takes.
    case bodyTooLarge(limit: ByteCount)
    /// The client took too long to send the body.
    case bodyTimeout(after: Duration)

    package var description: String {
        switch self {
        case .addressInUse(let address):
            "\(address) is in use: stop what listens there, or change 'listen' (or 'data' for the"
                + " admin socket)"
        case .badAddress(let address):
            "cannot listen on \(address): give an IP address and a port from 0 to 65535, or a path"
        case .pathTooLong(let path):
            "the socket's path '\(path)' has \(path.utf8.count) bytes and Linux allows 107:"
                + " choose a shorter data folder"
        case .notASocket(let path):
            "'\(path)' exists and is not a socket: move it away, or choose another path"
        case .cannotListen(let address, let error): "cannot listen on \(address): \(error)"
        case .cannotStart(let address, let error):
            "the HTTP server on \(address) did not start: \(error)"
        case .clientGone: "the client has left"
        case .bodyTooLarge(let limit):
            "the request's body is larger than \(limit): send less at once"
        case .bodyTimeout(let after):
            "the request's body did not arrive within \(Int(after.seconds)) s: send it again"
        }
    }
}
