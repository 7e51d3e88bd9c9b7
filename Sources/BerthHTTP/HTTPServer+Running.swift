import BerthLoop
import BerthTelemetry
import CMicrohttpd

extension HTTPServer {
    /// Lets the daemon handle resumed connections, once a turn for any number of them.
    func wake() {
        progressed()
        postRun()
    }

    private func postRun() {
        guard !runs.isPosted else { return }
        runs.isPosted = true
        Loop.post { self.runDaemon() }
    }

    func runDaemon() {
        runs.begin()
        guard let daemon = unsafe daemon else { return }
        Loop.works(on: HTTPServer.label)
        runs.now = surroundings.clock.now
        _ = unsafe MHD_run(daemon)
        runs.now = nil
        startWaiting()
        if !finished.isEmpty { settleFinished() }
        // The daemon's own timeouts are used only to end connections, in the sweep's runs, so the
        // only timeout that matters is 0.
        var timeoutMs: UInt64 = 0
        guard unsafe MHD_get_timeout(daemon, &timeoutMs) == .YES, timeoutMs == 0 else { return }
        if !chunked.isEmpty, runs.isCheckDue() { checkChunks() }
        if runs.isAllowedAnother() { postRun() } else { postLateRun() }
    }

    private static nonisolated let label = WorkLabel("connections of clients")

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
    /// The pause keeps a busy loop of libmicrohttpd, of whatever cause, from taking the whole loop.
    private func postLateRun() {
        guard lateRun == nil else { return }
        lateRun = surroundings.clock.schedule(after: .milliseconds(50)) { [weak self] in
            self?.lateRun = nil
            self?.runDaemon()
        }
    }

    /// Bytes or an answer have moved, so the next run of the daemon may be due at once.
    func progressed() { runs.hasMoved = true }

    // MARK: Chunked bodies

    /// Has the chunked body of `exchange` checked whenever the daemon runs without a pause.
    func watchChunks(of exchange: HTTPServerExchange) {
        chunked[exchange.connection.descriptor] = exchange.connection
    }

    private func checkChunks() {
        for descriptor in chunked.keys.sorted() { chunked[descriptor]?.exchange?.checkChunks() }
    }

    // MARK: Each second

    /// The time between two sweeps.
    private static let interval = Duration.seconds(1)

    func scheduleSweep() {
        let due = now + HTTPServer.interval
        sweeping = surroundings.clock.schedule(after: HTTPServer.interval) { [weak self] in
            self?.sweep(due: due)
        }
    }

    /// Runs the daemon and ends what is late.
    ///
    /// The run is a heartbeat: libmicrohttpd does some work, such as taking its listening socket
    /// back after a lack of descriptors, at the beginning of a run for which no event may come.
    private func sweep(due: Instant) {
        scheduleSweep()
        let late = now - due
        // The process stood still, so that its clients could not be served. SIGSTOP does this.
        if late > HTTPServer.interval {
            for connection in inOrder { connection.postpone(by: late) }
        }
        runDaemon()
        for connection in inOrder {
            guard let deadline = connection.deadline, deadline <= now else { continue }
            connection.deadline = nil
            if let exchange = connection.exchange { exchange.expire() } else { connection.close() }
        }
        for descriptor in finished.keys.sorted() { finished[descriptor]?.probe() }
        noticeShortage()
        reportRefusals()
        runs.turnSecond()
    }

    // MARK: Clients that have ended their sending side

    func clientFinished(_ connection: HTTPServerConnection) {
        finished[connection.descriptor] = connection
        postRun()
    }

    private func settleFinished() {
        for descriptor in finished.keys.sorted() where finished[descriptor]?.settle() != true {
            finished[descriptor] = nil
        }
    }
}
