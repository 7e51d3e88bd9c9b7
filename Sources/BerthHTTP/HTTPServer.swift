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
@safe @Loop package final class HTTPServer: Service {
    /// The port it listens on, also where port 0 was asked for; 0 for a Unix-domain socket.
    package let port: Int
    /// Connections that were closed as they came, because there were `limits.connections` already.
    package private(set) var refusedConnections = 0
    /// Requests whose header has arrived and whose answer is not sent yet.
    package private(set) var openRequests = 0

    let limits: HTTPServerLimits
    let handler: HTTPHandler
    let tasks = TaskPool()
    private(set) var isStopping = false

    private let address: ListenAddress
    private let socket: ListeningSocket
    private let clock: any Clock
    private let log: Log
    private let refusal: @Loop @Sendable (HTTPRefusal) -> HTTPResponse
    private let makeID: @Loop @Sendable () -> String

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

    /// Listens; nothing is accepted before ``run(until:)``.
    ///
    /// - Parameters:
    ///   - address: TCP, or a Unix-domain socket (a dead server's socket is replaced).
    ///   - limits: what a client may take of memory and time.
    ///   - clock: of the deadlines.
    ///   - log: takes a line a request at level debug: method, path, status, never more.
    ///   - makeID: of a request that brings none; random by default.
    ///   - refusal: words a refusal that no handler sees (400, 408, 413, 431); else plain text.
    ///   - handler: answers everything else.
    /// - Throws: ``HTTPServerError``, worded for the operator.
    package init(
        listen address: ListenAddress,
        limits: HTTPServerLimits = HTTPServerLimits(),
        clock: any Clock,
        log: Log,
        makeID: @escaping @Loop @Sendable () -> String = HTTPServer.randomID,
        refusal: @escaping @Loop @Sendable (HTTPRefusal) -> HTTPResponse = { $0.text },
        handler: @escaping HTTPHandler
    ) throws(HTTPServerError) {
        self.address = address
        self.limits = limits
        self.clock = clock
        self.log = log
        self.makeID = makeID
        self.refusal = refusal
        self.handler = handler
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
        let idle = connections.values.filter(\.isIdle)
        for connection in idle { connection.close() }
        return idle.count
    }

    /// `req-` and 16 hex digits: no secret, and none twice in a process.
    package static func randomID() -> String {
        lastID &+= 0x9E37_79B9_7F4A_7C15  // odd, so that it comes round to all of them
        var text = Array("req-0000000000000000".utf8)
        var rest = lastID
        for index in text.indices.reversed().prefix(16) {
            text[index] = hexDigits[Int(rest & 15)]
            rest >>= 4
        }
        return String(decoding: text, as: UTF8.self)
    }

    // Random at the start, so that the ids of two processes are not the same.
    private static let hexDigits = Array("0123456789abcdef".utf8)
    private static var lastID = UInt64.random(in: .min ... .max)

    /// Serves until the stop, then closes idle connections, lets open requests finish, and returns.
    ///
    /// Cancelled, it cancels every handler and closes every connection at once.
    ///
    /// - Throws: ``HTTPServerError/cannotStart(_:_:)``.
    package func run(until stop: Stop) async throws {
        try start()
        defer { end() }
        log.info("listening", ["address": .text("\(address)"), "port": .int(port)])
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

    private func drain() async {
        runDaemon()  // what has arrived counts as open
        isStopping = true
        if let daemon = unsafe daemon { _ = unsafe MHD_quiesce_daemon(daemon) }
        socket.close()
        for connection in connections.values where connection.exchange?.isOpen != true {
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
        for connection in connections.values { connection.exchange?.clientLeft() }
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
        EventLoop.shared.post { self.runDaemon() }
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
        lateRun = clock.schedule(after: .milliseconds(50)) { [weak self] in
            self?.lateRun = nil
            self?.runDaemon()
        }
    }

    /// Bytes or an answer have moved, so that the daemon's next run may be due at once.
    func progressed() { idleRuns = 0 }

    // MARK: Deadlines

    private func scheduleSweep() {
        sweeping = clock.schedule(after: .seconds(1)) { [weak self] in self?.sweep() }
    }

    private func sweep() {
        scheduleSweep()
        let now = clock.now
        for connection in connections.values {
            guard let deadline = connection.deadline, deadline <= now else { continue }
            connection.deadline = nil
            if let exchange = connection.exchange { exchange.expire() } else { connection.close() }
        }
        guard refusedConnections > reportedRefusals else { return }
        log.warning(
            "connections refused: raise limits.connections, or look for who opens them",
            [
                "count": .int(refusedConnections - reportedRefusals),
                "limit": .int(limits.connections),
            ]
        )
        reportedRefusals = refusedConnections
    }

    // MARK: For its exchanges

    var now: Instant { clock.now }

    func requestID(from field: String?) -> String {
        if let field, HTTPRequest.isSaneID(field) { return field }
        return makeID()
    }

    func refuse(_ refused: HTTPRefusal) -> HTTPResponse {
        log.debug(
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
        log.debug(
            "request",
            [
                "request": .text(request.id), "method": .text(request.method),
                "path": .text(request.path), "status": .int(status),
                "ms": .ms(clock.now - request.received),
            ]
        )
    }

    func streamFailed(_ id: String, _ error: any Error) {
        log.warning(
            "a streamed answer was cut short",
            ["request": .text(id), "why": .text("\(error)")]
        )
    }

    func droppedField(_ name: String, _ id: String) {
        log.warning(
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
