import BerthLoop
import BerthTelemetry

/// A bound address of an ``InMemoryNetwork``.
@Loop final class InMemoryListener: HTTPListener {
    let port: Int
    let limits: HTTPServerLimits
    let surroundings: Surroundings
    let tasks = TaskPool()
    private(set) var openRequests = 0
    private(set) var handler: HTTPHandler?
    private(set) var refusal: HTTPRefusalWords = { $0.text }
    private var ids: RequestIDs
    private let address: ListenAddress
    private let unbind: @Loop () -> Void
    private var isStopping = false
    /// The open exchanges in the order of their arrival.
    private var exchanges: [InMemoryExchange] = []
    private let ended = Wakeup()

    init(
        at address: ListenAddress,
        limits: HTTPServerLimits,
        in surroundings: Surroundings,
        unbind: @escaping @Loop () -> Void
    ) {
        self.address = address
        self.limits = limits
        self.surroundings = surroundings
        self.unbind = unbind
        ids = RequestIDs(after: surroundings.entropy.next())
        if case .tcp(_, let port) = address { self.port = port } else { port = 0 }
    }

    /// The number of open exchanges, because a connection lasts for one exchange.
    var openConnections: Int { exchanges.count }

    func closeIdle() -> Int { 0 }

    func serve(
        until stop: Stop,
        refusal: @escaping HTTPRefusalWords,
        _ handler: @escaping HTTPHandler
    ) async throws {
        (self.refusal, self.handler) = (refusal, handler)
        surroundings.log.info("listening", ["address": .text("\(address)"), "port": .int(port)])
        for exchange in exchanges { exchange.begin() }
        await stop.requested()
        isStopping = true
        unbind()
        while !exchanges.isEmpty, !Task.isCancelled {
            do { try await ended.wait() } catch { break }
        }
        guard Task.isCancelled else { return await tasks.drain() }
        tasks.cancelAll()
        for exchange in exchanges { exchange.cut() }
    }

    // MARK: For its exchanges

    /// Accepts an exchange.
    ///
    /// - Returns: false if the limit of open exchanges is reached or the listener is stopping.
    func take(_ exchange: InMemoryExchange) -> Bool {
        guard !isStopping, exchanges.count < limits.connections else { return false }
        exchanges.append(exchange)
        if handler != nil { exchange.begin() }
        return true
    }

    func began() { openRequests += 1 }

    func ended(_ exchange: InMemoryExchange, wasOpen: Bool) {
        if wasOpen { openRequests -= 1 }
        exchanges.removeAll { $0 === exchange }
        ended.signal()
    }

    func requestID(from field: String?) -> String { ids.id(from: field) }
}
