package import BerthLoop
package import BerthTelemetry

/// All outgoing HTTP/1.1, on libcurl and the loop, with a pool of idle connections.
///
/// Redirects are not followed, cookies not kept, proxies of the environment not used; TLS is
/// verified. A request is sent again at most once, and only when a pooled connection turns out to
/// have died before any byte of an answer (curl's codes 16, 52, 55, 56); never after one, and never
/// after a time-out, because a POST may have been paid for.
@Loop package final class HTTPClient: HTTPSending {
    private let pool: HTTPClientPool
    private let surroundings: Surroundings
    private let resolver: Resolver
    private let settings: HTTPClientSettings
    private let maxTransfers: Int

    /// Makes a client without connections.
    ///
    /// - Parameters:
    ///   - surroundings: its clock measures every deadline, and its log takes what no caller can be
    ///     told.
    ///   - userAgent: as `berth/1.0`.
    ///   - maxIdleConnections: kept open for later requests, to all hosts together.
    ///   - maxTransfers: at once; one more is refused as busy. Each holds about 20 KiB, with TLS 80,
    ///     and at most 32 KiB of its answer unread (1 MiB more where gzip inflates one read to that).
    ///   - certificates: a file of the authorities that TLS trusts.
    ///   - resolver: looks names up. Without one it is the system's.
    package init(
        in surroundings: Surroundings,
        userAgent: String = "berth",
        maxIdleConnections: Int = 64,
        maxTransfers: Int = 512,
        certificates: String = "/etc/ssl/certs/ca-certificates.crt",
        resolver: Resolver? = nil
    ) {
        self.surroundings = surroundings
        self.maxTransfers = maxTransfers
        self.resolver = resolver ?? Resolver(in: surroundings)
        settings = HTTPClientSettings(userAgent: userAgent, certificates: certificates)
        pool = HTTPClientPool(in: surroundings, maxIdleConnections: maxIdleConnections)
    }

    /// Transfers that have not ended.
    package var transfers: Int { pool.count }

    /// Drops the spare handles; connections stay, because a new one with TLS costs 25 to 50 ms.
    package func dropSpareHandles() { pool.dropSpareHandles() }

    /// Drops them, and closes the idle connections where no transfer runs; while some do, most
    /// connections are in use anyway.
    package func closeIdle() { pool.closeIdle() }

    /// curl's handles that wait for the next transfer, at most 8.
    package var spareHandles: Int { pool.spareCount }

    /// Sends a request and returns when the final answer's header block is in.
    ///
    /// Cancelling the task ends the exchange at once and closes its connection.
    ///
    /// - Throws: ``HTTPClientError``; an answer of any status is none.
    package func send(
        _ request: HTTPClientRequest
    ) async throws(HTTPClientError) -> HTTPClientResponse {
        if Task.isCancelled { throw .cancelled }
        let target = try HTTPClientTarget(request.url)
        let deadline = surroundings.clock.now + request.deadlines.connect
        let addresses = try await addresses(of: target, for: request, until: deadline)
        let transfer = try start(request, to: target, at: addresses)
        try await transfer.head(connectedBy: deadline)
        return HTTPClientResponse(transfer)
    }

    /// The checked addresses of a name; none where there is nothing to look up.
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
        guard pool.count < maxTransfers, let handle = pool.makeHandle() else {
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
