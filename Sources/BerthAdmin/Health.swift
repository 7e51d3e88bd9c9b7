package import BerthBot
package import BerthHTTP
package import BerthLoop
import BerthStore
package import BerthTelemetry

/// What watches over the service: liveness, readiness, Prometheus text.
@Loop package final class Health {
    private let store: any Store
    private let surroundings: Surroundings

    /// Makes it, and adds the figures of the process, the cache, the queue and the memory's ledger to
    /// the metrics.
    package init(
        _ bot: Bot,
        _ memory: MemoryReports,
        in surroundings: Surroundings
    ) {
        let (store, metrics) = (bot.resources.store, surroundings.metrics)
        self.store = store
        self.surroundings = surroundings
        metrics.gauge("berth_open_connections", help: "Connections of clients that are open.") {
            Double(memory.connections)
        }
        metrics.gauge("berth_database_operations", help: "Operations that wait or run.") {
            Double(store.pending)
        }
        metrics.counter("berth_database_reads_total", help: "Verbs that only read.") { _ in
            store.counts.reads
        }
        metrics.counter("berth_database_writes_total", help: "Verbs that change something.") { _ in
            store.counts.writes
        }
        metrics.add(bot.cache)
        metrics.add(bot.queues)
        metrics.add(memory)
    }

    /// What it answers.
    package var routes: [Route] {
        [
            Route("GET", "/healthz") { _, _ in .text("ok\n") },
            Route("GET", "/readyz") { _, _ in await self.ready() },
            Route("GET", "/metrics") { _, _ in
                .bytes(
                    Array(self.surroundings.metrics.text.utf8),
                    type: "text/plain; version=0.0.4; charset=utf-8"
                )
            },
        ]
    }

    /// Ready when the database answers.
    private func ready() async -> HTTPResponse {
        do {
            try await store.ping()
            return .text("ready\n")
        } catch {
            // The words name files of the machine, and anybody may ask.
            surroundings.log.warning(
                "not ready: the database does not answer",
                ["why": .describing(error)]
            )
            return .text("not ready: the database does not answer\n", status: 503)
        }
    }
}
