package import BerthLoop

/// Binds addresses for servers, on the machine's network or within a test.
@Loop package protocol HTTPListening: AnyObject, Sendable {
    /// Binds an address.
    ///
    /// No connection is accepted before ``HTTPListener/serve(until:refusal:_:)``.
    ///
    /// - Parameters:
    ///   - address: a TCP address or a Unix-domain socket.
    ///   - limits: the limits of the memory and time that a client may use.
    /// - Returns: the bound address.
    /// - Throws: ``HTTPServerError``, in words for the operator.
    func bind(
        _ address: ListenAddress,
        limits: HTTPServerLimits
    ) throws(HTTPServerError) -> any HTTPListener
}
