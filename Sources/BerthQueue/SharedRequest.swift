package import BerthLoop

/// Several tenants' wait for one permit: whoever is let through first goes for all of them.
///
/// So nobody who joins another's question waits behind all else that the other has asked before.
/// When one is let through, the others leave the queue in the same moment: one permit is given.
@Loop package final class SharedRequest {
    private let dispatcher: Dispatcher
    private let listener: PlaceListener?
    private let ended = Wakeup()
    private var tenants: Set<String> = []
    private var tickets: [QueueTicket<Waiter>] = []
    private var places: [String: QueuePlace] = [:]
    private var waiting = 0
    private var result: Result<Permit, QueueError>?

    /// A wait in which nobody stands yet; `listener` hears the best of the places.
    package init(_ dispatcher: Dispatcher, listener: PlaceListener?) {
        self.dispatcher = dispatcher
        self.listener = listener
    }

    /// Stands in the line of the request's tenant too; once for each tenant.
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
    /// - Throws: ``QueueError``, when it is refused in every line; `cancelled` with the task.
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
        if let best = places.values.min(by: { ($0.wait, $0.ahead) < ($1.wait, $1.ahead) }) { listener?(best) }
    }
}
