package import BerthLoop
package import BerthTelemetry

/// A network within the process, on which a request reaches the handler of a bound address without
/// a socket.
///
/// It serves tests and the simulation. A request and its answer are the same objects with the same
/// bounds as on the machine's network. The body of a request waits for its handler, a streamed
/// answer waits for its reader, and each side notices when the other leaves. There is no TLS, so a
/// request to `https://name` goes to port 443 of that name.
@Loop package final class InMemoryNetwork: HTTPListening, HTTPSending {
    /// Is given the header of each answer, and each piece of its body when it is read.
    package var tap: (@Loop ([UInt8]) -> Void)?
    private let surroundings: Surroundings
    private var listeners: [ListenAddress: InMemoryListener] = [:]
    private var lastPort = 49151

    /// Makes a network without listeners.
    package nonisolated init(in surroundings: Surroundings) { self.surroundings = surroundings }

    package func bind(
        _ address: ListenAddress,
        limits: HTTPServerLimits
    ) throws(HTTPServerError) -> any HTTPListener {
        let bound = try numbered(address)
        let listener = InMemoryListener(at: bound, limits: limits, in: surroundings) {
            [weak self] in
            self?.listeners[bound] = nil
        }
        listeners[bound] = listener
        return listener
    }

    /// Returns the address with a free port of its own, if port 0 is requested.
    private func numbered(_ address: ListenAddress) throws(HTTPServerError) -> ListenAddress {
        guard case .tcp(let host, let port) = address else { return try free(address) }
        guard port == 0 else {
            return try free(.tcp(host: InMemoryNetwork.canonical(host), port: port))
        }
        lastPort += 1
        return try free(.tcp(host: InMemoryNetwork.canonical(host), port: lastPort))
    }

    private func free(_ address: ListenAddress) throws(HTTPServerError) -> ListenAddress {
        guard listeners[address] == nil else { throw .addressInUse(address) }
        return address
    }

    private static func canonical(_ host: String) -> String {
        host == "localhost" ? "127.0.0.1" : host.lowercased()
    }

    package func send(
        _ request: HTTPClientRequest
    ) async throws(HTTPClientError) -> HTTPClientResponse {
        if Task.isCancelled { throw .cancelled }
        let target = try HTTPClientTarget(request.url)
        try request.check()
        var request = request
        if let upload = request.upload {
            do { while let piece = try await upload.next() { request.body += piece } } catch {
                throw .badRequest(reason: "its body cannot be read")
            }
        }
        let isInner = target.isLocalhost || request.unixSocket != nil
        if request.reach == .publicOnly, isInner || target.address?.isPublic == false {
            throw .forbiddenAddress(host: target.name, address: "of this machine")
        }
        let address =
            request.unixSocket.map { ListenAddress.unix(path: $0) }
            ?? .tcp(host: InMemoryNetwork.canonical(target.host), port: target.port)
        guard let listener = listeners[address] else {
            throw .unreachable(host: target.name, reason: "no listener")
        }
        let exchange = InMemoryExchange(request, to: target, of: listener, tap, in: surroundings)
        guard listener.take(exchange) else {
            throw .cut(host: target.name, received: 0)
        }
        try await exchange.head()
        return HTTPClientResponse(exchange)
    }

    package func closeIdle() {}
}
