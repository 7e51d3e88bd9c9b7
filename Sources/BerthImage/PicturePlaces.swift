import BerthLoop

/// The threads on which pictures are converted, and the line in front of them.
///
/// A tenant has at most one conversion at a time, and tenants take turns.
@Loop final class PicturePlaces {
    /// The threads that have no picture, the last used one last.
    private var free: [Worker]
    private var line: [Waiter] = []
    /// The tenants that have a thread.
    private var served: Set<String> = []

    /// The most conversions at once, 1 to 2.
    var most = PicturePlaces.threads {
        didSet { advance() }
    }

    /// The threads, each of which ends when it has had no picture for a while.
    static nonisolated let threads = 2
    /// The most conversions that wait.
    static nonisolated let mostWaiting = 64
    /// The most conversions of one tenant that wait.
    static nonisolated let mostWaitingOfOne = 16

    private final class Waiter {
        let tenant: String
        let turn = Wakeup()
        var worker: Worker?

        init(_ tenant: String) { self.tenant = tenant }
    }

    nonisolated init() {
        free = (0..<PicturePlaces.threads).map {
            Worker(name: "picture-\($0 + 1)")
        }
    }

    var running: Int { served.count }

    var waiting: Int { line.count }

    /// Waits for a thread.
    ///
    /// The caller gives it back with ``leave(_:of:)``.
    ///
    /// - Throws: ``PictureError/busy(waiting:)`` or ``PictureError/cancelled``.
    func enter(for tenant: String) async throws(PictureError) -> Worker {
        let own = line.count { $0.tenant == tenant }
        guard line.count < PicturePlaces.mostWaiting, own < PicturePlaces.mostWaitingOfOne else {
            throw .busy(waiting: line.count)
        }
        let waiter = Waiter(tenant)
        line.append(waiter)
        advance()
        if waiter.worker == nil { try? await waiter.turn.wait() }
        if let worker = waiter.worker {
            guard Task.isCancelled else { return worker }
            leave(worker, of: tenant)
        }
        line.removeAll { $0 === waiter }
        throw .cancelled
    }

    /// Gives a tenant's thread back.
    func leave(_ worker: Worker, of tenant: String) {
        served.remove(tenant)
        // The tenant's other pictures go behind those of all others.
        line = line.filter { $0.tenant != tenant } + line.filter { $0.tenant == tenant }
        free.append(worker)
        advance()
    }

    private func advance() {
        while running < min(most, PicturePlaces.threads),
            let next = line.firstIndex(where: { !served.contains($0.tenant) }),
            let worker = free.popLast()
        {
            let waiter = line.remove(at: next)
            served.insert(waiter.tenant)
            waiter.worker = worker
            waiter.turn.signal()
        }
    }
}
