package import BerthLoop
import BerthMemory
package import BerthTelemetry
import CMicrohttpd

/// Answers one request.
///
/// It runs in a task of its own that is cancelled when the client leaves; work that must outlive
/// the client belongs into another task.
package typealias HTTPHandler = @Loop @Sendable (HTTPRequest) async -> HTTPResponse

/// An HTTP/1.1 server on one address; a process may have several.
@safe @Loop package final class HTTPServer: HTTPListener {
    /// The port it listens on, also where port 0 was asked for; 0 for a Unix-domain socket.
    package let port: Int
    /// Connections that were closed as they came, because there were `limits.connections` already.
    package private(set) var refusedConnections = 0
    /// Requests whose header has arrived and whose answer is not sent yet.
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

    // Unsafe only as a C pointer: it is read and written on the loop alone.
    private nonisolated(unsafe) var daemon: OpaquePointer?
    private var connections: [Int32: ServerConnection] = [:]
    private var watch: Watch?
    private var sweeping: Timer?
    private var idle: Wakeup?
    private var isRunPosted = false
    private var starting: [Exchange] = []
    private var lateRun: Timer?
    private var idleRuns = 0
    private var reportedRefusals = 0

    /// Binds an address.
    ///
    /// Nothing is accepted before ``serve(until:refusal:_:)``.
    ///
    /// - Parameters:
    ///   - address: TCP, or a Unix-domain socket. The socket of a dead server is replaced.
    ///   - limits: the most memory and time that a client may take.
    ///   - surroundings: its log takes a line a request at level debug: method, path, status,
    ///     never more.
    /// - Throws: ``HTTPServerError``, worded for the operator.
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

    /// Connections that are open now, idle ones included.
    package var openConnections: Int { connections.count }

    /// Closes the connections that have had an answer and sent nothing since.
    ///
    /// Each gives its pool back, as its deadline would make it; their clients open new ones.
    ///
    /// - Returns: how many.
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
        // Above our own limit, where it would stop accepting instead of refusing.
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
        // The listening socket joins the daemon's epoll set in its first run.
        runDaemon()
        scheduleSweep()
    }

    /// The connections by their descriptors, so that a run can be repeated.
    private var inOrder: [ServerConnection] {
        connections.keys.sorted().compactMap { connections[$0] }
    }

    private func drain() async {
        runDaemon()  // what has arrived counts as open
        isStopping = true
        if let daemon = unsafe daemon { _ = unsafe MHD_quiesce_daemon(daemon) }
        socket.close()
        for connection in inOrder where connection.exchange?.isOpen != true {
            connection.close()
        }
        while openRequests > 0, !Task.isCancelled {
            let wakeup = Wakeup()
            idle = wakeup
            try? await wakeup.wait()  // cancelled: seen by the loop's condition
        }
        await tasks.drain()
    }

    private func end() {
        isStopping = true
        sweeping?.cancel()
        lateRun?.cancel()
        watch?.cancel()
        tasks.cancelAll()
        // The daemon aborts the process when it is stopped with suspended connections.
        for connection in inOrder { connection.exchange?.clientLeft() }
        if let daemon = unsafe daemon {
            // Gives the listening socket back, which the daemon would close as its own.
            _ = unsafe MHD_quiesce_daemon(daemon)
            unsafe MHD_stop_daemon(daemon)
        }
        unsafe daemon = nil
        socket.close()
    }

    // MARK: Turns

    /// Lets the daemon act on resumed connections: once a turn, however many there are.
    func wake() {
        progressed()
        postRun()
    }

    private func postRun() {
        guard !isRunPosted else { return }
        isRunPosted = true
        Loop.post { self.runDaemon() }
    }

    /// Runs of the daemon by its own wish, without anything coming of them, before it has to wait.
    private static let idleRunLimit = 32

    private func runDaemon() {
        isRunPosted = false
        guard let daemon = unsafe daemon else { return }
        _ = unsafe MHD_run(daemon)
        startWaiting()
        // No timeout but 0 comes: its own timeouts are not used.
        var timeoutMs: UInt64 = 0
        guard unsafe MHD_get_timeout(daemon, &timeoutMs) == .YES, timeoutMs == 0 else { return }
        idleRuns += 1
        if idleRuns < HTTPServer.idleRunLimit { postRun() } else { postLateRun() }
    }

    /// Starts the exchange's handler at the end of this run, unless its body comes within it.
    func startSoon(_ exchange: Exchange) { starting.append(exchange) }

    private func startWaiting() {
        guard !starting.isEmpty else { return }
        let waiting = starting
        starting.removeAll(keepingCapacity: true)
        for exchange in waiting { exchange.startUnlessStarted() }
    }

    /// It spins on a connection whose buffer is full and unusable (a chunk's extension without an
    /// end) until that one's deadline: at least not at the loop's full speed.
    private func postLateRun() {
        guard lateRun == nil else { return }
        lateRun = surroundings.clock.schedule(after: .milliseconds(50)) { [weak self] in
            self?.lateRun = nil
            self?.runDaemon()
        }
    }

    /// Bytes or an answer have moved, so that the daemon's next run may be due at once.
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
            "connections refused: raise limits.connections, or look for who opens them",
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

    func ended(_ exchange: Exchange, wasOpen: Bool) {
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
            "an answer's header field was left out: it has control characters",
            ["request": .text(id), "name": .text(name)]
        )
    }

    // MARK: Called by libmicrohttpd

    func admits() -> Bool {
        if connections.count < limits.connections { return true }
        refusedConnections += 1
        return false
    }

    func opened(_ descriptor: Int32) -> ServerConnection {
        let connection = ServerConnection(
            descriptor: descriptor,
            peer: HTTPPeer(descriptor: descriptor),
            deadline: now + limits.headerDeadline
        )
        connections[descriptor] = connection
        return connection
    }

    func closed(_ connection: ServerConnection) {
        connection.ended()
        connections[connection.descriptor] = nil
    }
}
