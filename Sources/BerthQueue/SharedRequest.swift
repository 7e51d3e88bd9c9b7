package import BerthLoop

/// A request for one permit that several tenants share, each with a queue entry of its own.
///
/// A tenant that joins another's request does not have to wait behind the other's earlier requests.
/// The first entry to be admitted gets the one permit, and the other entries leave the queue at the
/// same moment.
@Loop package final class SharedRequest {
    private let dispatcher: Dispatcher
    private let listener: PlaceListener?
    private let ended = Wakeup()
    private var tenants: Set<String> = []
    private var tickets: [QueueTicket<QueuedRequest>] = []
    private var places: [String: QueuePlace] = [:]
    private var waiting = 0
    private var result: Result<Permit, QueueError>?

    /// Makes a request without entries.
    ///
    /// `listener` receives the best of the tenants' positions.
    package init(_ dispatcher: Dispatcher, listener: PlaceListener?) {
        self.dispatcher = dispatcher
        self.listener = listener
    }

    /// Adds a queue entry for the request's tenant.
    ///
    /// A tenant has at most one entry.
    package func add(_ request: WorkRequest) {
        let tenant = request.tenant
        guard result == nil, tenants.insert(tenant).inserted else { return }
        waiting += 1
        let hear: PlaceListener = { self.hear($0, of: tenant) }
        let ticket = dispatcher.submit(request, listener: listener == nil ? nil : hear) {
            self.answer($0)
        }
        if let ticket { tickets.append(ticket) }
    }

    /// Waits for the permit.
    ///
    /// - Throws: ``QueueError`` if every entry is refused; `cancelled` if the task is cancelled.
    package func permit() async throws(QueueError) -> Permit {
        while true {
            if let result { return try result.get() }
            do { try await ended.wait() } catch { end(.failure(.cancelled)) }
        }
    }

    private func answer(_ answer: Result<Permit, QueueError>) {
        waiting -= 1
        guard result == nil else { return }
        if case .failure = answer, waiting > 0 { return }
        end(answer)
    }

    private func end(_ result: Result<Permit, QueueError>) {
        guard self.result == nil else { return }
        self.result = result
        let others = tickets
        tickets = []
        for ticket in others { dispatcher.cancel(ticket) }
        ended.signal()
    }

    private func hear(_ place: QueuePlace, of tenant: String) {
        places[tenant] = place
        if let best = places.values.min(by: { ($0.wait, $0.ahead) < ($1.wait, $1.ahead) }) {
            listener?(best)
        }
    }
}
