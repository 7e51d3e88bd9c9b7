package import BerthBot
package import BerthHTTP
package import BerthLoop
package import BerthStore
package import BerthTelemetry

/// What watches over the service: liveness, readiness, Prometheus text.
@Loop package final class Health {
    private let store: any Store
    private let metrics: Metrics
    private let log: Log

    /// Makes it, and adds what the process itself, the cache, the queue and the memory's ledger
    /// measure to `metrics`.
    package init(
        _ bot: Bot,
        _ memory: MemoryReports,
        store: any Store,
        metrics: Metrics,
        log: Log
    ) {
        self.store = store
        self.metrics = metrics
        self.log = log
        metrics.gauge("berth_open_connections", help: "Connections of clients that are open.") {
            Double(memory.connections)
        }
        metrics.gauge("berth_database_operations", help: "Operations that wait or run.") {
            Double(store.pending)
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
                    Array(self.metrics.text.utf8),
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
            log.warning("not ready: the database does not answer", ["why": .describing(error)])
            return .text("not ready: the database does not answer\n", status: 503)
        }
    }
}
