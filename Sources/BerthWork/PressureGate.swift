package import BerthLoop
import BerthMemory
import BerthProviders
import BerthQueue
import BerthTelemetry

/// The gate before all providers, which is closed while the process is short of memory.
///
/// Calls under way go on. A turn waits as long as it takes, because it is accepted and its reader
/// is told. An API call waits for ``patience`` and is then refused with a reason, because its
/// client has a timeout of its own.
@Loop package final class PressureGate {
    /// Whether new calls must wait.
    package private(set) var isClosed = false
    private var isStopping = false
    private let surroundings: Surroundings
    private var waiting: [Waiter] = []

    private final class Waiter {
        let bell = Wakeup()
        var mayPass = false
    }

    /// The longest wait of an API call.
    static nonisolated let patience = Duration.seconds(20)

    init(in surroundings: Surroundings) { self.surroundings = surroundings }

    /// Makes new calls wait from now on.
    package func close() { isClosed = true }

    /// Lets all calls pass, also those that wait.
    package func open() {
        isClosed = false
        for waiter in waiting { waiter.bell.signal() }
    }

    /// Lets the first waiting call pass, without opening the gate.
    package func letOnePass() {
        guard let first = waiting.first(where: { !$0.mayPass }) else { return }
        first.mayPass = true
        first.bell.signal()
    }

    /// Ends every wait, because the service stops and the gate will not open again.
    package func stop() {
        isStopping = true
        for waiter in waiting { waiter.bell.signal() }
    }

    /// The number of calls that wait.
    package var count: Int { waiting.count }

    /// Returns when `ask` may pass.
    ///
    /// - Throws: ``BotError/memory(_:)`` after an API call's patience, ``BotError/stopping`` at the
    ///   service's end, and ``BotError/provider(_:)`` when the task is cancelled.
    func pass(_ ask: some PaidAsk) async throws(BotError) {
        guard isClosed else { return }
        let (waiter, started) = (Waiter(), surroundings.clock.now)
        waiting.append(waiter)
        defer { waiting.removeAll { $0 === waiter } }
        let isCall = ask.turn == nil
        let timer =
            isCall
            ? surroundings.clock.schedule(after: PressureGate.patience) { waiter.bell.signal() }
            : nil
        defer { timer?.cancel() }
        ask.listener?(QueuePlace(ahead: 0, wait: .zero, cause: .memory))
        while isClosed, !waiter.mayPass {
            if isStopping { throw .stopping }
            let waited = surroundings.clock.now - started
            if isCall, waited >= PressureGate.patience {
                throw .memory(.paused(waited: waited, tenant: ask.payer.name))
            }
            do { try await waiter.bell.wait() } catch { throw .provider(.cancelled) }
        }
    }
}
