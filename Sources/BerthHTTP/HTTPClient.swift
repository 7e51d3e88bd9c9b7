package import BerthLoop
package import BerthTelemetry
import BerthText

/// The client for all outgoing HTTP/1.1, on libcurl and the loop, with a pool of idle connections.
///
/// It follows no redirects, keeps no cookies and uses no proxy except the request's. It verifies
/// TLS certificates.
///
/// A request is sent again at most once, and only if a pooled connection failed before any byte of
/// an answer (curl's codes 16, 52, 55, 56). It is never sent again after a timeout, because the
/// provider may already have charged for the POST.
@Loop package final class HTTPClient: HTTPSending {
    private let pool: HTTPClientPool
    private let surroundings: Surroundings
    private let resolver: Resolver
    private let settings: HTTPClientSettings
    private let maxTransfers: Int
    /// The targets of the last URLs.
    private var targets: [String: HTTPClientTarget] = [:]

    /// The most URLs whose targets are kept, about those of a service's providers.
    private static nonisolated let keptTargets = 16

    /// Makes a client without connections.
    ///
    /// - Parameters:
    ///   - surroundings: its clock measures every deadline. Its log takes the errors that have no
    ///     caller.
    ///   - userAgent: the User-Agent field, such as `berth/1.0`.
    ///   - maxIdleConnections: the most connections kept open for later requests, for all hosts
    ///     together.
    ///   - maxTransfers: the most transfers at once. One more is refused as busy. Each holds about
    ///     20 KiB (80 KiB with TLS) and at most 32 KiB of unread answer. A decoder takes
    ///     ``ContentDecoder/memory(of:)`` more.
    ///   - certificates: the file with the certificate authorities that TLS trusts.
    ///   - resolver: the resolver of names. The default is the system's.
    package init(
        in surroundings: Surroundings,
        userAgent: String = "berth",
        maxIdleConnections: Int = 64,
        maxTransfers: Int = 512,
        certificates: String = SystemAuthorities.file,
        resolver: Resolver? = nil
    ) {
        self.surroundings = surroundings
        self.maxTransfers = maxTransfers
        self.resolver = resolver ?? Resolver(in: surroundings)
        settings = HTTPClientSettings(userAgent: userAgent, certificates: certificates)
        pool = HTTPClientPool(in: surroundings, maxIdleConnections: maxIdleConnections)
    }

    /// The number of transfers that have not ended.
    package var transfers: Int { pool.count }

    /// Closes the idle connections, if no transfer runs.
    ///
    /// While transfers run, most connections are in use anyway.
    package func closeIdle() { pool.closeIdle() }

    /// Sends a request and returns when the header block of the final answer has arrived.
    ///
    /// Cancelling the task ends the exchange at once and closes its connection.
    ///
    /// - Throws: ``HTTPClientError``. An answer of any status is not an error.
    package func send(
        _ request: HTTPClientRequest
    ) async throws(HTTPClientError) -> HTTPClientResponse {
        if Task.isCancelled { throw .cancelled }
        let target = try target(of: request.url)
        let deadline = surroundings.clock.now + request.deadlines.connect
        let addresses = try await addresses(of: target, for: request, until: deadline)
        let transfer = try start(request, to: target, at: addresses)
        try await transfer.head(connectedBy: deadline)
        return HTTPClientResponse(transfer)
    }

    private func target(of url: String) throws(HTTPClientError) -> HTTPClientTarget {
        if let target = targets[url] { return target }
        let target = try HTTPClientTarget(url)
        if targets.count >= HTTPClient.keptTargets { targets = [:] }
        targets[url] = target
        return target
    }

    /// The checked addresses of the target's name.
    ///
    /// - Returns: no addresses if the target needs no look-up.
    private func addresses(
        of target: HTTPClientTarget,
        for request: HTTPClientRequest,
        until deadline: Instant
    ) async throws(HTTPClientError) -> [IPAddress] {
        let isPublicOnly = request.reach == .publicOnly
        if isPublicOnly, target.isLocalhost || request.unixSocket != nil {
            throw .forbiddenAddress(host: target.name, address: "of this machine")
        }
        guard request.unixSocket == nil else { return [] }
        if let proxy = request.proxy {
            guard IPAddress(proxy.host) == nil, proxy.host != "localhost" else { return [] }
            return try await resolver.addresses(
                of: proxy.host,
                until: deadline,
                limit: request.deadlines.connect
            )
        }
        let addresses =
            target.isNamed
            ? try await resolver.addresses(
                of: target.host,
                until: deadline,
                limit: request.deadlines.connect
            ) : []
        if isPublicOnly,
            let inner = (addresses + [target.address].compactMap(\.self)).first(where: {
                !$0.isPublic
            })
        {
            throw .forbiddenAddress(host: target.name, address: "\(inner)")
        }
        return addresses
    }

    private func start(
        _ request: HTTPClientRequest,
        to target: HTTPClientTarget,
        at addresses: [IPAddress]
    ) throws(HTTPClientError) -> HTTPTransfer {
        if let path = request.unixSocket, path.utf8.count > 107 {
            throw .badRequest(reason: "the path of its Unix socket is over 107 bytes")
        }
        guard pool.count < maxTransfers, let handle = HTTPClientHandle() else {
            throw .busy(host: target.name, limit: maxTransfers)
        }
        let transfer = HTTPTransfer(request, to: target, on: handle, of: pool, in: surroundings)
        try transfer.prepare(handle, settings, addresses: addresses)
        guard pool.start(transfer) else {
            throw .other(host: target.name, code: 27, reason: "no memory for a transfer")
        }
        return transfer
    }
}

/// The settings of all requests of one client.
struct HTTPClientSettings: Sendable {
    let userAgent: String
    let certificates: String
}
