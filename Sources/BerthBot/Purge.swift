package import BerthLoop
package import BerthStore
package import BerthTelemetry

/// Deletes the rows that nobody may read again from the database's file and from its log.
///
/// A deleted conversation, a removed tenant and an expired key are gone from both within
/// ``interval``, as long as no other program reads the database.
@Loop package final class Purge: Service {
    private let store: any Store
    private let surroundings: Surroundings
    private let bell = Wakeup()
    private var isFailing = false

    /// The pause between two runs.
    package static nonisolated let interval = Duration.seconds(30)

    /// Makes the service over `store`.
    package init(_ store: any Store, in surroundings: Surroundings) {
        self.store = store
        self.surroundings = surroundings
    }

    /// Purges now and then until the stop.
    package func run(until stop: Stop) async {
        while !stop.isRequested, !Task.isCancelled {
            await purge(until: stop)
            let timer = surroundings.clock.schedule(after: Purge.interval) { [bell] in
                bell.signal()
            }
            await stop.requested(or: bell)
            timer.cancel()
        }
    }

    /// Deletes in steps, between which other writes have their turn, and then empties the log.
    private func purge(until stop: Stop) async {
        do throws(StoreError) {
            var hasMore = true
            while hasMore, !stop.isRequested {
                hasMore = try await store.purge(at: surroundings.clock.timestamp)
            }
            try await store.emptyLog()
            isFailing = false
        } catch {
            if !isFailing {
                surroundings.log.warning(
                    "deleted rows are not purged yet",
                    ["why": .describing(error)]
                )
            }
            isFailing = true
        }
    }
}
