import BerthLoop
import BerthTelemetry
import Glibc

extension HTTPServer {
    // MARK: Called by libmicrohttpd

    /// Decides whether a new connection is accepted.
    ///
    /// - Parameter peer: nil for a Unix-domain socket.
    /// - Returns: whether it is.
    func admits(_ peer: HTTPPeer?) -> Bool {
        progressed()
        runs.accepted += 1
        admitted = peer
        let address = peer.flatMap { limits.trustedProxies.trusts($0) ? nil : $0.countedAddress }
        guard addresses.allows(address) else { return false }
        if connections.count - yieldingConnections >= limits.connections,
            closeOldest(HTTPServerLimits.yielding) == 0
        {
            refusedConnections += 1
            return false
        }
        return true
    }

    func opened(_ descriptor: Int32) -> HTTPServerConnection {
        let peer = admitted ?? HTTPPeer(processAt: descriptor)
        admitted = nil
        let connection = HTTPServerConnection(
            descriptor: descriptor,
            peer: peer,
            isProxy: limits.trustedProxies.trusts(peer),
            now: now,
            deadline: now + limits.headerDeadline
        ) { [weak self] in self?.clientFinished($0) }
        connections[descriptor] = connection
        addresses.add(connection.countedAddress)
        return connection
    }

    func closed(_ connection: HTTPServerConnection) {
        progressed()
        connection.ended()
        addresses.release(connection.countedAddress)
        if connection.isYielding { yieldingConnections -= 1 }
        let descriptor = connection.descriptor
        (connections[descriptor], finished[descriptor], chunked[descriptor]) = (nil, nil, nil)
    }

    // MARK: Making room

    /// Closes the connections that have been without a request for the longest time.
    ///
    /// - Parameter most: the largest number to close.
    /// - Returns: the number of closed connections.
    private func closeOldest(_ most: Int) -> Int {
        // Equal times are told apart by the descriptor, so a run can be repeated.
        let idle = connections.values.filter(\.mayYield).sorted {
            ($0.idleSince, $0.descriptor) < ($1.idleSince, $1.descriptor)
        }
        let oldest = idle.prefix(min(most, max(1, limits.connections / 16)))
        for connection in oldest { connection.yield() }
        yieldingConnections += oldest.count
        return oldest.count
    }

    /// Notices that connections wait although there is room for them.
    ///
    /// The kernel then lacks what `accept` needs (EMFILE, ENFILE, ENOMEM, ENOBUFS), which the daemon
    /// does not report. Idle connections give way. If none is open, the listening socket stays
    /// ready, and the daemon is run once a second instead of without a pause.
    func noticeShortage() {
        let isShort = runs.accepted == 0 && !isStopping && socket.hasWaiting
        let isPaused = isShort && connections.isEmpty
        if isPaused != shortages.isPaused {
            shortages.isPaused = isPaused
            watchDaemon(!isPaused)
        }
        guard isShort else { return }
        shortages.seconds += 1
        let closed = closeOldest(HTTPServerLimits.yielding)
        guard shortages.report(.descriptors, total: shortages.seconds, at: now) > 0 else { return }
        surroundings.log.warning(
            "new connections wait: raise the limit of open files, or lower limits.connections",
            [
                "why": .text(FileDescriptors.shortage ?? "the kernel is short of memory"),
                "connections": .int(connections.count), "closed": .int(closed),
            ]
        )
    }

    func reportRefusals() {
        let refused = shortages.report(.connections, total: refusedConnections, at: now)
        if refused > 0 {
            surroundings.log.warning(
                "connections refused: raise limits.connections, or find the client that opens them",
                ["count": .int(refused), "limit": .int(limits.connections)]
            )
        }
        let ofOne = shortages.report(.address, total: addresses.refused, at: now)
        guard ofOne > 0 else { return }
        surroundings.log.warning(
            "connections refused: one address has limits.connections_per_address",
            [
                "count": .int(ofOne), "address": .text(addresses.lastRefused),
                "limit": .int(limits.connectionsPerAddress),
            ]
        )
    }
}
