package import BerthLoop
import BerthMemory
package import BerthStore

/// Gives memory back when the service falls idle after work: SQLite's cache, then malloc's pages.
@Loop package final class IdleTrim: Service {
    private let database: Database
    private let clock: any Clock
    private let active: @Loop () -> Int
    private var wasActive = true

    /// Often enough that a burst's memory is gone when somebody looks, too seldom to cost anything.
    private static let interval = Duration.seconds(5)

    /// Makes it; `active` are the requests and turns that are under way.
    package init(database: Database, clock: any Clock, active: @escaping @Loop () -> Int) {
        self.database = database
        self.clock = clock
        self.active = active
    }

    /// Looks every five seconds; the first quiet look after work gives back.
    package func run(until stop: Stop) async throws {
        let timer = Wakeup()
        while !stop.isRequested {
            let next = clock.schedule(after: IdleTrim.interval) { timer.signal() }
            await stop.requested(or: timer)
            next.cancel()
            await look()
        }
    }

    private func look() async {
        let isActive = active() > 0
        defer { wasActive = isActive }
        guard wasActive, !isActive else { return }
        await database.releaseMemory()
        Allocator.trim()
    }
}
