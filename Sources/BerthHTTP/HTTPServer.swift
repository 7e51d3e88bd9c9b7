package import BerthLoop
import BerthMemory
package import BerthTelemetry
import CMicrohttpd

/// Answers one request.
///
/// It runs in a task of its own, which is cancelled when the client leaves. Work that must outlive
/// the client needs another task.
package typealias HTTPHandler = @Loop @Sendable (HTTPRequest) async -> HTTPResponse

/// An HTTP/1.1 server on one address.
///
/// A process may have several.
@safe @Loop package final class HTTPServer: HTTPListener {
    /// The port that it listens on, which is the kernel's choice if port 0 was requested.
    ///
    /// It is 0 for a Unix-domain socket.
    package let port: Int
    /// The number of connections that were closed at once, because `limits.connections` were open
    /// and each had a request.
    package internal(set) var refusedConnections = 0
    /// The number of requests whose header has arrived and whose answer is not sent yet.
    package private(set) var openRequests = 0

    let limits: HTTPServerLimits
    private(set) var handler: HTTPHandler = { _ in .text("", status: 503) }
    let tasks = TaskPool()
    private(set) var isStopping = false

    let socket: ListeningSocket
    let surroundings: Surroundings
    private let address: ListenAddress
    private var refusal: HTTPRefusalWords = { $0.text }
    private var ids: RequestIDs

    // It is unsafe only as a C pointer, and it is used on the loop alone.
    private(set) nonisolated(unsafe) var daemon: OpaquePointer?
    var connections: [Int32: HTTPServerConnection] = [:]
    /// The open connections and proxied requests of each client address.
    var addresses: HTTPServerAddresses
    /// The connections that were closed in favour of others and are still open.
    var yieldingConnections = 0
    /// The peer whose connection libmicrohttpd adds next, or nil if it has no IP address.
    var admitted: HTTPPeer?
    /// The connections whose clients have ended their sending side.
    var finished: [Int32: HTTPServerConnection] = [:]
    /// The connections whose requests have chunked bodies.
    var chunked: [Int32: HTTPServerConnection] = [:]
    var runs = HTTPServerRuns()
    var shortages = HTTPServerShortages()
    var starting: [HTTPServerExchange] = []
    var lateRun: Timer?
    var sweeping: Timer?
    private var watch: Watch?
    private var idle: Wakeup?

    /// Binds an address.
    ///
    /// No connection is accepted before ``serve(until:refusal:_:)``.
    ///
    /// - Parameters:
    ///   - address: a TCP address or a Unix-domain socket. The socket of a dead server is replaced.
    ///   - limits: the limits of the memory and time that a client may use.
    ///   - surroundings: its log takes one line for each request at level debug, with method, path
    ///     and status only.
    /// - Throws: ``HTTPServerError``, in words for the operator.
    package init(
        listen address: ListenAddress,
        limits: HTTPServerLimits = HTTPServerLimits(),
        in surroundings: Surroundings
    ) throws(HTTPServerError) {
        self.address = address
        self.limits = limits
        self.surroundings = surroundings
        addresses = HTTPServerAddresses(most: limits.connectionsPerAddress)
        ids = RequestIDs(after: surroundings.entropy.next())
        socket = try ListeningSocket(address)
        port = socket.port
    }

    /// The number of open connections, including idle ones.
    package var openConnections: Int { connections.count }

    /// Closes the connections that have had an answer and sent nothing since.
    ///
    /// This frees the memory pool of each, as its deadline would. The clients open new connections.
    ///
    /// - Returns: the number of closed connections.
    @discardableResult
    package func closeIdle() -> Int {
        let idle = inOrder.filter(\.isIdle)
        for connection in idle { connection.close() }
        return idle.count
    }

    package func serve(
        until stop: Stop,
        refusal: @escaping HTTPRefusalWords = { $0.text },
        _ handler: @escaping HTTPHandler
    ) async throws {
        (self.refusal, self.handler) = (refusal, handler)
        try start()
        defer { end() }
        surroundings.log.info(
            "listening",
            ["address": .text("\(address)"), "port": .int(port)]
        )
        await stop.requested()
        if !Task.isCancelled { await drain() }
    }

    // MARK: Life

    private func start() throws {
        let me = unsafe Unmanaged.passUnretained(self).toOpaque()
        // Above `limits.connections`, because the daemon would stop accepting at its own limit.
        let most = UInt32(clamping: limits.connections + 16)
        unsafe daemon = berth_mhd_start(
            socket.descriptor,
            limits.header.bytes,
            most,
            me,
            admitConnection,
            connectionChanged,
            requestLineArrived,
            requestArrived,
            requestCompleted
        )
        guard let daemon = unsafe daemon else {
            throw HTTPServerError.cannotStart(address, SystemError("MHD_start_daemon"))
        }
        do {
            watch = try unsafe Watch(berth_mhd_epoll(daemon), for: .readable) { [weak self] _ in
                self?.runDaemon()
            }
        } catch {
            end()
            throw HTTPServerError.cannotStart(address, error)
        }
        // The first run adds the listening socket to the daemon's epoll set.
        runDaemon()
        scheduleSweep()
    }

    /// The connections in the order of their descriptors, so a run can be repeated.
    var inOrder: [HTTPServerConnection] {
        connections.keys.sorted().compactMap { connections[$0] }
    }

    /// Resumes or pauses the runs of the daemon that its epoll descriptor triggers.
    func watchDaemon(_ isWatching: Bool) {
        // After a failure the sweep still runs the daemon once a second.
        try? watch?.change(to: isWatching ? .readable : [])
    }

    private func drain() async {
        runDaemon()  // requests that have arrived count as open
        isStopping = true
        if let daemon = unsafe daemon { _ = unsafe MHD_quiesce_daemon(daemon) }
        socket.close()
        for connection in inOrder where connection.exchange?.isOpen != true {
            connection.close()
        }
        while openRequests > 0, !Task.isCancelled {
            let wakeup = Wakeup()
            idle = wakeup
            try? await wakeup.wait()  // the loop's condition handles cancellation
        }
        await tasks.drain()
    }

    private func end() {
        isStopping = true
        sweeping?.cancel()
        lateRun?.cancel()
        watch?.cancel()
        tasks.cancelAll()
        // The daemon aborts the process if it is stopped with suspended connections.
        for connection in inOrder { connection.exchange?.clientLeft() }
        if let daemon = unsafe daemon {
            // This takes the listening socket from the daemon, which would close it otherwise.
            _ = unsafe MHD_quiesce_daemon(daemon)
            unsafe MHD_stop_daemon(daemon)
        }
        unsafe daemon = nil
        socket.close()
    }

    // MARK: For its exchanges

    /// The time, which stands still within a run of the daemon.
    ///
    /// A request asks for it six times, and its deadlines are seconds.
    var now: Instant { runs.now ?? surroundings.clock.now }

    func requestID(from field: String?) -> String { ids.id(from: field) }

    func refuse(_ refused: HTTPRefusal) -> HTTPResponse {
        surroundings.log.debug(
            "request refused",
            [
                "request": .text(refused.id), "status": .int(refused.status),
                "why": .text(refused.reason),
            ]
        )
        var response = refusal(refused)
        if case .stream = response.body { response = refused.text }
        return response
    }

    func began() { openRequests += 1 }

    func ended(_ exchange: HTTPServerExchange, wasOpen: Bool) {
        if isStopping { exchange.connection.close() }
        guard wasOpen else { return }
        openRequests -= 1
        if openRequests == 0 { idle?.signal() }
    }

    func log(_ request: HTTPRequest, _ status: Int) {
        surroundings.log.debug(
            "request",
            [
                "request": .text(request.id), "method": .text(request.method),
                "path": .text(request.path), "status": .int(status),
                "ms": .ms(surroundings.clock.now - request.received),
            ]
        )
    }

    func streamFailed(_ id: String, _ error: any Error) {
        surroundings.log.warning(
            "a streamed answer was cut short",
            ["request": .text(id), "why": .text("\(error)")]
        )
    }

    func droppedField(_ name: String, _ id: String) {
        surroundings.log.warning(
            "a header field of an answer was omitted, because it has control characters",
            ["request": .text(id), "name": .text(name)]
        )
    }
}
