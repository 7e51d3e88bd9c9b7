/// The destination of a connection after name resolution.
enum RedisPlace: Equatable, Sendable {
    /// A TCP port at an IP address.
    case tcp(host: String, port: Int)
    case unix(path: String)
}
