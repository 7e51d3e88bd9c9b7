import BerthLoop
import BerthTelemetry
import CCurl

/// curl's multi handle on the loop, with its sockets, its timer and its pool of connections.
///
/// Only this class calls into curl, and never from one of curl's own callbacks. A transfer that a
/// callback ends is put into a list until curl has returned.
@safe @Loop final class HTTPClientPool {
    private var multi: HTTPClientMulti
    private let maxIdleConnections: Int
    private let surroundings: Surroundings
    private var sockets: [curl_socket_t: WatchedSocket] = [:]
    private var timer: Timer?
    private var isKicked = false
    private var isBusy = false
    /// The running transfers by address.
    ///
    /// This keeps them alive while curl points to them.
    private var running: [ObjectIdentifier: HTTPTransfer] = [:]
    private var ended: [HTTPTransfer] = []

    /// A socket that curl watches, and the transfer that last asked for it.
    private struct WatchedSocket {
        let watch: Watch
        weak var transfer: HTTPTransfer?
        /// Whether curl has no use for its events at present.
        ///
        /// The watch stays for the next request on the connection. curl may have closed the socket.
        var isIdle = false
    }

    init(in surroundings: Surroundings, maxIdleConnections: Int) {
        self.surroundings = surroundings
        self.maxIdleConnections = maxIdleConnections
        guard let multi = HTTPClientMulti(maxIdleConnections: maxIdleConnections) else {
            preconditionFailure("no memory for curl")  // before anything was served
        }
        self.multi = multi
        unsafe multi.attach(Unmanaged.passUnretained(self).toOpaque())
    }

    /// Closes the idle connections, if no transfer runs.
    ///
    /// curl closes idle connections only when a multi handle ends, so this makes a new one.
    func closeIdle() {
        guard running.isEmpty, ended.isEmpty, !isBusy,
            let fresh = HTTPClientMulti(maxIdleConnections: maxIdleConnections)
        else { return }  // without memory for another handle the connections stay open
        for socket in sockets.values { socket.watch.cancel() }
        sockets = [:]
        timer?.cancel()
        timer = nil
        multi = fresh
        unsafe multi.attach(Unmanaged.passUnretained(self).toOpaque())
    }

    /// The number of transfers that have not ended.
    var count: Int { running.count }

    /// Begins a transfer whose handle has all its options.
    ///
    /// Its callbacks follow in later turns.
    func start(_ transfer: HTTPTransfer) -> Bool {
        running[ObjectIdentifier(transfer)] = transfer
        if let handle = transfer.handle, multi.add(handle) { return true }
        running[ObjectIdentifier(transfer)] = nil
        return false
    }

    /// Removes an ended transfer, at once or when curl has returned.
    func end(_ transfer: HTTPTransfer) {
        ended.append(transfer)
        if !isBusy { inCurl {} }
    }

    /// Continues to read for `transfer`.
    ///
    /// It must not be called from a callback of curl.
    func resume(_ transfer: HTTPTransfer) { inCurl { transfer.handle?.resume() } }

    // MARK: curl's requests

    fileprivate func watch(_ socket: curl_socket_t, for what: Int32, of transfer: HTTPTransfer?) {
        guard what != CURL_POLL_REMOVE else {
            sockets[socket]?.isIdle = true
            return
        }
        var interest: Readiness = []
        // An event without the end of the stream is bytes for certain.
        if what & CURL_POLL_IN != 0 { interest.formUnion([.readable, .peerClosed]) }
        if what & CURL_POLL_OUT != 0 { interest.insert(.writable) }
        do {
            if let known = sockets[socket], try change(known, to: interest) {
                sockets[socket]?.transfer = transfer
                sockets[socket]?.isIdle = false
                return
            }
            let watch = try Watch(socket, for: interest) { [weak self] readiness in
                self?.act(on: socket, readiness)
            }
            sockets[socket] = WatchedSocket(watch: watch, transfer: transfer)
        } catch {
            // The deadline of the transfer ends it.
            surroundings.log.warning(
                "an outgoing connection cannot be watched",
                ["error": .describing(error)]
            )
        }
    }

    /// Changes a watch.
    ///
    /// - Returns: false if curl has closed the idle socket and opened another of the same number.
    private func change(
        _ socket: WatchedSocket,
        to interest: Readiness
    ) throws(SystemError) -> Bool {
        do throws(SystemError) { try socket.watch.change(to: interest) } catch {
            guard socket.isIdle else { throw error }
            socket.watch.cancel()
            return false
        }
        return true
    }

    fileprivate func setTimer(_ timeoutMs: Int) {
        timer?.cancel()
        timer = nil
        if timeoutMs == 0 { return kick() }
        guard timeoutMs > 0 else { return }
        timer = surroundings.clock.schedule(after: .milliseconds(timeoutMs)) { [weak self] in
            self?.act(on: CURL_SOCKET_TIMEOUT, [])
        }
    }

    /// Handles curl's timeout of 0 once in the next turn, however often curl asks for it.
    private func kick() {
        guard !isKicked else { return }
        isKicked = true
        Loop.post { [weak self] in
            self?.isKicked = false
            self?.act(on: CURL_SOCKET_TIMEOUT, [])
        }
    }

    // MARK: Acting

    private static nonisolated let label = WorkLabel("transfers of providers")

    private func act(on socket: curl_socket_t, _ readiness: Readiness) {
        Loop.works(on: HTTPClientPool.label)
        if sockets[socket]?.isIdle == true {
            // The server has closed the connection, which curl notices when it looks at it again.
            sockets.removeValue(forKey: socket)?.watch.cancel()
            return
        }
        var events: Int32 = 0
        if readiness.contains(.readable) {
            events |= CURL_CSELECT_IN
            let mayBeEnd = !readiness.isDisjoint(with: [.peerClosed, .hungUp, .failed])
            sockets[socket]?.transfer?.lookForAnswer(in: socket, mayBeEnd: mayBeEnd)
        }
        if readiness.contains(.writable) { events |= CURL_CSELECT_OUT }
        if !readiness.isDisjoint(with: [.hungUp, .failed]) { events |= CURL_CSELECT_ERR }
        inCurl { multi.act(on: socket, events: events) }
    }

    /// Calls curl, then does the work that its callbacks could not do.
    private func inCurl(_ call: () -> Void) {
        isBusy = true
        call()
        settle()
        isBusy = false
    }

    private func settle() {
        while let (context, code) = unsafe multi.nextDone() {
            let transfer = unsafe Unmanaged<HTTPTransfer>.fromOpaque(context).takeUnretainedValue()
            transfer.finish(with: code)
        }
        while let transfer = ended.popLast() { release(transfer) }
    }

    private func release(_ transfer: HTTPTransfer) {
        guard running.removeValue(forKey: ObjectIdentifier(transfer)) != nil else { return }
        guard let handle = transfer.giveUpHandle() else { return }
        withExtendedLifetime(transfer) { multi.remove(handle) }
    }
}

/// The owner of the multi handle.
///
/// It is freed with the pool, on any thread.
@safe private final class HTTPClientMulti {
    private let handle: UnsafeMutableRawPointer

    /// Makes a multi handle, or nil if there is no memory for one.
    init?(maxIdleConnections: Int) {
        precondition(HTTPClientMulti.isReady, "libcurl cannot start")
        guard let handle = unsafe curl_multi_init() else { return nil }
        unsafe self.handle = handle
        unsafe berth_curl_multi_set_long(handle, CURLMOPT_MAXCONNECTS, maxIdleConnections)
    }

    deinit {
        // Closing the idle connections must not call the pool, which no longer exists.
        unsafe berth_curl_multi_set_functions(handle, nil, nil, nil)
        unsafe curl_multi_cleanup(handle)
    }

    /// Initialises libcurl once a process.
    ///
    /// That is safe on any thread since curl 7.84.
    private static let isReady: Bool = curl_global_init(Int(CURL_GLOBAL_NOTHING)) == CURLE_OK

    func attach(_ context: UnsafeMutableRawPointer) {
        unsafe berth_curl_multi_set_functions(handle, onSocket, onTimer, context)
    }

    func add(_ easy: HTTPClientHandle) -> Bool { unsafe easy.add(to: handle) == CURLM_OK }

    func remove(_ easy: HTTPClientHandle) { unsafe easy.remove(from: handle) }

    func act(on socket: curl_socket_t, events: Int32) {
        var running: Int32 = 0
        // It fails only for unknown sockets, which were closed after their event.
        _ = unsafe curl_multi_socket_action(handle, socket, events, &running)
    }

    /// The context and the result of the next transfer that has ended.
    @unsafe func nextDone() -> (UnsafeMutableRawPointer, CURLcode)? {
        var code = CURLE_OK
        guard let easy = unsafe berth_curl_multi_next_done(handle, &code),
            let context = unsafe berth_curl_get_private(easy)
        else { return nil }
        return unsafe (context, code)
    }
}

// MARK: Callbacks

private nonisolated func onSocket(
    _ easy: UnsafeMutableRawPointer?,
    _ socket: curl_socket_t,
    _ what: Int32,
    _ context: UnsafeMutableRawPointer?,
    _ unused: UnsafeMutableRawPointer?
) -> Int32 {
    guard let context = unsafe context else { return 0 }
    let pool = unsafe Unmanaged<HTTPClientPool>.fromOpaque(context).takeUnretainedValue()
    // curl closes connections with a handle of its own, which has no context.
    let transfer = unsafe easy.flatMap { unsafe berth_curl_get_private($0) }.map {
        unsafe Unmanaged<HTTPTransfer>.fromOpaque($0).takeUnretainedValue()
    }
    Loop.assumeIsolated { pool.watch(socket, for: what, of: transfer) }
    return 0
}

private nonisolated func onTimer(
    _ multi: UnsafeMutableRawPointer?,
    _ timeoutMs: Int,
    _ context: UnsafeMutableRawPointer?
) -> Int32 {
    guard let context = unsafe context else { return 0 }
    let pool = unsafe Unmanaged<HTTPClientPool>.fromOpaque(context).takeUnretainedValue()
    Loop.assumeIsolated { pool.setTimer(timeoutMs) }
    return 0
}
