import BerthLoop
import BerthMemory
import CMicrohttpd

extension HTTPServerExchange {
    // MARK: Chunked bodies

    /// Ends the exchange if libmicrohttpd cannot go on with its chunked body.
    ///
    /// A body that is merely slow is suspended until more of it arrives, because a full buffer
    /// without unread bytes looks the same. The suspension costs a slow client nothing.
    func checkChunks() {
        guard !isSuspended, stage == .body || stage == .refused else { return }
        switch chunks.check(unread: connection.unreadCount) {
        case .moving: break
        case .quiet where connection.hasPeerFinished: endChunks()
        case .quiet:
            suspend()
            connection.whenReadable { [weak self] in self?.resume() }
        case .stuck: endChunks()
        }
    }

    private func endChunks() {
        if stage == .body { refuseLate(.badChunks) }
        connection.close()
        endChunksSoon()
    }

    /// Has libmicrohttpd close the connection although it may not watch its socket any more.
    func endChunksSoon() {
        guard stage == .body || stage == .refused else { return }
        unsafe berth_mhd_end_soon(handle)
    }

    // MARK: Clients that have ended their sending side

    /// Whether the request is complete, so a client that has ended its sending side may still wait
    /// for the answer.
    ///
    /// A client of HTTP/1.0 that waits for its answer cannot be probed, so it counts as gone.
    var mayOutliveClientsEnd: Bool {
        switch stage {
        case .answering: true
        case .waiting: takesInterim || !isOnNetwork
        case .body: isSuspended && mayHaveArrived
        case .header, .expecting, .refused, .ended: false
        }
    }

    /// Whether the rest of the body may lie in the buffers of libmicrohttpd and the kernel.
    private var mayHaveArrived: Bool {
        let most = received + connection.unreadCount + server.limits.header.bytes
        return most >= request?.body.length ?? 0
    }

    /// Whether libmicrohttpd may still read bytes that arrived before the client's end.
    var mayStillRead: Bool {
        switch stage {
        case .header, .refused: true
        case .body: mayHaveArrived
        case .expecting, .waiting, .answering, .ended: false
        }
    }

    private var isOnNetwork: Bool {
        if case .network = connection.peer { true } else { false }
    }

    /// Makes the bytes to which a client that has closed the connection answers with a reset.
    ///
    /// A client must skip an interim answer that it does not expect (RFC 9110, section 15.2). In a
    /// stream of events it is a comment, which the daemon sends.
    func probe() -> [UInt8]? {
        switch stage {
        case .waiting: return Array("HTTP/1.1 100 Continue\r\n\r\n".utf8)
        case .answering where isEventStream:
            writer?.offer(Array(":\n\n".utf8))
            return nil
        default: return nil
        }
    }
}
