package import BerthLoop
package import BerthTelemetry

/// A network within the process: what is sent to an address that is bound here reaches its handler
/// without a socket.
///
/// It is for tests and for the simulation. A request and its answer are the same objects as over
/// the machine's network, with the same bounds: a request's body waits for its handler, a streamed
/// answer waits for its reader, and each side notices when the other leaves. There is no TLS: what
/// is sent to `https://name` goes to port 443 of that name.
@Loop package final class InMemoryNetwork: HTTPListening, HTTPSending {
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

    /// The address with a port of its own, if any free one is asked for.
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
        let exchange = InMemoryExchange(request, to: target, of: listener, in: surroundings)
        guard listener.take(exchange) else {
            throw .cut(host: target.name, received: 0)
        }
        try await exchange.head()
        return HTTPClientResponse(exchange)
    }

    /// None: there are no handles.
    package var spareHandles: Int { 0 }

    package func dropSpareHandles() {}

    package func closeIdle() {}
}

/// One bound address of an ``InMemoryNetwork``.
@Loop final class InMemoryListener: HTTPListener {
    let port: Int
    let limits: HTTPServerLimits
    let surroundings: Surroundings
    let tasks = TaskPool()
    private(set) var openRequests = 0
    private(set) var handler: HTTPHandler?
    private(set) var refusal: HTTPRefusalWords = { $0.text }
    private var ids: RequestIDs
    private let address: ListenAddress
    private let unbind: @Loop () -> Void
    private var isStopping = false
    /// In the order of their arrival.
    private var exchanges: [InMemoryExchange] = []
    private let ended = Wakeup()

    init(
        at address: ListenAddress,
        limits: HTTPServerLimits,
        in surroundings: Surroundings,
        unbind: @escaping @Loop () -> Void
    ) {
        self.address = address
        self.limits = limits
        self.surroundings = surroundings
        self.unbind = unbind
        ids = RequestIDs(after: surroundings.entropy.next())
        if case .tcp(_, let port) = address { self.port = port } else { port = 0 }
    }

    /// One for each exchange: none is kept open without one.
    var openConnections: Int { exchanges.count }

    func closeIdle() -> Int { 0 }

    func serve(
        until stop: Stop,
        refusal: @escaping HTTPRefusalWords,
        _ handler: @escaping HTTPHandler
    ) async throws {
        (self.refusal, self.handler) = (refusal, handler)
        surroundings.log.info("listening", ["address": .text("\(address)"), "port": .int(port)])
        for exchange in exchanges { exchange.begin() }
        await stop.requested()
        isStopping = true
        unbind()
        while !exchanges.isEmpty, !Task.isCancelled {
            do { try await ended.wait() } catch { break }
        }
        guard Task.isCancelled else { return await tasks.drain() }
        tasks.cancelAll()
        for exchange in exchanges { exchange.cut() }
    }

    // MARK: For its exchanges

    /// Accepts an exchange.
    ///
    /// - Returns: false if as many are open as the limits allow, or the listener stops.
    func take(_ exchange: InMemoryExchange) -> Bool {
        guard !isStopping, exchanges.count < limits.connections else { return false }
        exchanges.append(exchange)
        if handler != nil { exchange.begin() }
        return true
    }

    func began() { openRequests += 1 }

    func ended(_ exchange: InMemoryExchange, wasOpen: Bool) {
        if wasOpen { openRequests -= 1 }
        exchanges.removeAll { $0 === exchange }
        ended.signal()
    }

    func requestID(from field: String?) -> String { ids.id(from: field) }
}
