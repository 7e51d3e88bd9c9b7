package import BerthBot
package import BerthFiles
package import BerthHTTP
package import BerthLoop
import BerthStore
package import BerthTelemetry

/// The routes for monitoring: liveness, readiness and Prometheus metrics.
@Loop package final class Health {
    private let store: any Store
    private let faults: ServiceFaults
    private let governor: DiskGovernor
    private let surroundings: Surroundings

    /// Makes the routes, and adds the metrics of connections, database, cache, queue and memory.
    package init(
        _ bot: Bot,
        _ memory: MemoryReports,
        _ governor: DiskGovernor,
        in surroundings: Surroundings
    ) {
        let (store, metrics) = (bot.resources.store, surroundings.metrics)
        self.store = store
        faults = bot.faults
        self.governor = governor
        self.surroundings = surroundings
        metrics.gauge("berth_open_connections", help: "Open connections of clients.") {
            Double(memory.connections)
        }
        metrics.gauge("berth_database_operations", help: "Database operations that wait or run.") {
            Double(store.pending)
        }
        metrics.counter("berth_database_reads_total", help: "Verbs that only read.") { _ in
            store.counts.reads
        }
        metrics.counter("berth_database_writes_total", help: "Verbs that change something.") { _ in
            store.counts.writes
        }
        metrics.add(bot.cache)
        metrics.add(bot.queues, bot.models)
        metrics.add(memory)
        metrics.add(bot.files, governor, of: bot.tenants)
    }

    /// The monitoring routes.
    package var routes: [Route] {
        [
            Route("GET", "/healthz") { _, _ in self.alive() },
            Route("GET", "/readyz") { _, _ in await self.ready() },
            Route("GET", "/metrics") { _, _ in
                .bytes(
                    Array(self.surroundings.metrics.text.utf8),
                    type: "text/plain; version=0.0.4; charset=utf-8"
                )
            },
        ]
    }

    /// Answers 200 if every part makes progress, else 503, so that a supervisor starts the process
    /// again.
    private func alive() -> HTTPResponse {
        let stuck = faults.stuck
        guard stuck.isEmpty else {
            return .text(stuck.map { "stuck: \($0)\n" }.joined(), status: 503)
        }
        return .text("ok\n")
    }

    /// Answers 200 if the database answers and the disk has room, else 503.
    ///
    /// A messenger that is away is named. It takes nothing from the page and the API, and a proxy
    /// that is told 503 would cut these off, and the messenger's webhook too.
    private func ready() async -> HTTPResponse {
        do {
            try await store.ping()
            guard !governor.isFull else {
                return .text("not ready: the disk of the data folder is full\n", status: 503)
            }
            return .text("ready\n" + faults.all.map { "degraded: \($0)\n" }.joined())
        } catch {
            // The error names files of the machine, and anybody may ask, so it goes to the log
            // only.
            surroundings.log.warning(
                "not ready: the database does not answer",
                ["why": .describing(error)]
            )
            return .text("not ready: the database does not answer\n", status: 503)
        }
    }
}
