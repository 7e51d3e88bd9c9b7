package import BerthLoop
import BerthMemory
import BerthProviders
import BerthQueue
import BerthTelemetry

/// Whether anything new may be asked of a provider: closed while the process is short of memory.
///
/// What is under way goes on. A turn waits as long as it takes: it is accepted, and its reader is
/// told. An API call waits for a while and is then refused in words: its client has a patience of
/// its own.
@Loop package final class PressureGate {
    /// Whether nothing new may be asked.
    package private(set) var isClosed = false
    private var isStopping = false
    private let surroundings: Surroundings
    private var waiting: [Waiter] = []

    private final class Waiter {
        let bell = Wakeup()
        var mayPass = false
    }

    /// How long an API call waits.
    static nonisolated let patience = Duration.seconds(20)

    init(in surroundings: Surroundings) { self.surroundings = surroundings }

    /// Lets nothing new through from now on.
    package func close() { isClosed = true }

    /// Lets everything through, also what waits.
    package func open() {
        isClosed = false
        for waiter in waiting { waiter.bell.signal() }
    }

    /// Lets the first of those who wait through, though it stays closed.
    package func letOnePass() {
        guard let first = waiting.first(where: { !$0.mayPass }) else { return }
        first.mayPass = true
        first.bell.signal()
    }

    /// Ends every wait, because the service ends and nobody will open the gate.
    package func stop() {
        isStopping = true
        for waiter in waiting { waiter.bell.signal() }
    }

    /// How many wait.
    package var count: Int { waiting.count }

    /// Returns when `ask` may be asked.
    ///
    /// - Throws: ``BotError/memory(_:)`` after an API call's patience, ``BotError/stopping`` at the
    ///   service's end, and when the task is cancelled ``BotError/provider(_:)``.
    func pass(_ ask: Ask) async throws(BotError) {
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
