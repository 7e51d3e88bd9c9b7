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
    /// The number of connections that were closed at once, because `limits.connections` were open.
    package private(set) var refusedConnections = 0
    /// The number of requests whose header has arrived and whose answer is not sent yet.
    package private(set) var openRequests = 0

    let limits: HTTPServerLimits
    private(set) var handler: HTTPHandler = { _ in .text("", status: 503) }
    let tasks = TaskPool()
    private(set) var isStopping = false

    private let address: ListenAddress
    private let socket: ListeningSocket
    private let surroundings: Surroundings
    private var refusal: HTTPRefusalWords = { $0.text }
    private var ids: RequestIDs

    // It is unsafe only as a C pointer, and it is used on the loop alone.
    private nonisolated(unsafe) var daemon: OpaquePointer?
    private var connections: [Int32: HTTPServerConnection] = [:]
    private var watch: Watch?
    private var sweeping: Timer?
    private var idle: Wakeup?
    private var isRunPosted = false
    private var starting: [HTTPServerExchange] = []
    private var lateRun: Timer?
    private var idleRuns = 0
    private var reportedRefusals = 0

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
                self?.progressed()
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
    private var inOrder: [HTTPServerConnection] {
        connections.keys.sorted().compactMap { connections[$0] }
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

    // MARK: Turns

    /// Lets the daemon handle resumed connections, once a turn for any number of them.
    func wake() {
        progressed()
        postRun()
    }

    private func postRun() {
        guard !isRunPosted else { return }
        isRunPosted = true
        Loop.post { self.runDaemon() }
    }

    /// The runs without progress after which the daemon has to wait, although it asks for another
    /// run.
    private static let idleRunLimit = 32

    private func runDaemon() {
        isRunPosted = false
        guard let daemon = unsafe daemon else { return }
        _ = unsafe MHD_run(daemon)
        startWaiting()
        // The daemon's own timeouts are not used, so the only timeout is 0.
        var timeoutMs: UInt64 = 0
        guard unsafe MHD_get_timeout(daemon, &timeoutMs) == .YES, timeoutMs == 0 else { return }
        idleRuns += 1
        if idleRuns < HTTPServer.idleRunLimit { postRun() } else { postLateRun() }
    }

    /// Starts the handler of the exchange at the end of this run, unless its body arrives before.
    func startSoon(_ exchange: HTTPServerExchange) { starting.append(exchange) }

    private func startWaiting() {
        guard !starting.isEmpty else { return }
        let waiting = starting
        starting.removeAll(keepingCapacity: true)
        for exchange in waiting { exchange.startUnlessStarted() }
    }

    /// Runs the daemon again after 50 ms.
    ///
    /// libmicrohttpd busy-loops on a connection whose buffer is full and unusable, such as one with
    /// a chunk extension that never ends, until the deadline of the connection. The pause keeps
    /// this from taking the whole loop.
    private func postLateRun() {
        guard lateRun == nil else { return }
        lateRun = surroundings.clock.schedule(after: .milliseconds(50)) { [weak self] in
            self?.lateRun = nil
            self?.runDaemon()
        }
    }

    /// Bytes or an answer have moved, so the next run of the daemon may be due at once.
    func progressed() { idleRuns = 0 }

    // MARK: Deadlines

    private func scheduleSweep() {
        sweeping = surroundings.clock.schedule(after: .seconds(1)) { [weak self] in self?.sweep() }
    }

    private func sweep() {
        scheduleSweep()
        let now = surroundings.clock.now
        for connection in inOrder {
            guard let deadline = connection.deadline, deadline <= now else { continue }
            connection.deadline = nil
            if let exchange = connection.exchange { exchange.expire() } else { connection.close() }
        }
        guard refusedConnections > reportedRefusals else { return }
        surroundings.log.warning(
            "connections refused: raise limits.connections, or find the client that opens them",
            [
                "count": .int(refusedConnections - reportedRefusals),
                "limit": .int(limits.connections),
            ]
        )
        reportedRefusals = refusedConnections
    }

    // MARK: For its exchanges

    var now: Instant { surroundings.clock.now }

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

    // MARK: Called by libmicrohttpd

    func admits() -> Bool {
        if connections.count < limits.connections { return true }
        refusedConnections += 1
        return false
    }

    func opened(_ descriptor: Int32) -> HTTPServerConnection {
        let connection = HTTPServerConnection(
            descriptor: descriptor,
            peer: HTTPPeer(descriptor: descriptor),
            deadline: now + limits.headerDeadline
        )
        connections[descriptor] = connection
        return connection
    }

    func closed(_ connection: HTTPServerConnection) {
        connection.ended()
        connections[connection.descriptor] = nil
    }
}
