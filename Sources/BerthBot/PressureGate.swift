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

    /// What a turn's reader is told.
    static nonisolated let words = "The server is short of memory: your message waits."

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

    /// Nobody waits any more, because nobody opens it: the service ends.
    func stop() {
        isStopping = true
        for waiter in waiting { waiter.bell.signal() }
    }

    /// How many wait.
    package var count: Int { waiting.count }

    /// Returns when `order` may be asked.
    ///
    /// - Throws: ``BotError/memory(_:)`` after an API call's patience, ``BotError/stopping`` at the
    ///   service's end, and when the task is cancelled ``BotError/provider(_:)``.
    func pass(_ order: ChatOrder) async throws(BotError) {
        guard isClosed else { return }
        let (waiter, started) = (Waiter(), surroundings.clock.now)
        waiting.append(waiter)
        defer { waiting.removeAll { $0 === waiter } }
        let isCall = order.turn == nil
        let timer =
            isCall
            ? surroundings.clock.schedule(after: PressureGate.patience) { waiter.bell.signal() }
            : nil
        defer { timer?.cancel() }
        order.listener?(QueuePlace(ahead: 0, wait: .zero, why: PressureGate.words))
        while isClosed, !waiter.mayPass {
            if isStopping { throw .stopping }
            if isCall, surroundings.clock.now - started >= PressureGate.patience {
                throw .memory(
                    .paused(waited: surroundings.clock.now - started, tenant: order.payer.name)
                )
            }
            do { try await waiter.bell.wait() } catch { throw .provider(.cancelled) }
        }
    }
}
