import BerthBot
import BerthLoop
import BerthProviders
import BerthQueue
import BerthTelemetry
import BerthWork

extension Metrics {
    /// Adds the counts of the queue and the state of the providers and their models.
    @Loop func add(_ queues: ProviderQueues, _ models: ModelCatalog) {
        let lanes = Lane.allCases.map(\.rawValue)
        let count = { @Loop (word: String) in Lane(rawValue: word).map { queues.count(in: $0) } }
        gauge(
            "berth_queue_waiting",
            help: "Calls that wait for a provider.",
            label: "lane",
            values: lanes
        ) { count($0).map { Double($0.waiting) } }
        gauge(
            "berth_queue_running",
            help: "Calls that run at a provider.",
            label: "lane",
            values: lanes
        ) { count($0).map { Double($0.running) } }
        let names = queues.states.map(\.provider)
        guard !names.isEmpty else { return }
        gauge(
            "berth_provider_concurrency_limit",
            help: "Calls that may run at a provider at once now.",
            label: "provider",
            values: names
        ) { queues.state(of: $0).map { Double($0.limit) } }
        gauge(
            "berth_provider_breaker_open",
            help: "Whether a provider's circuit breaker is open: 1 or 0.",
            label: "provider",
            values: names
        ) { queues.state(of: $0).map { $0.access == .failing ? 1 : 0 } }
        gauge(
            "berth_provider_paused",
            help: "Whether a provider has asked for a pause: 1 or 0.",
            label: "provider",
            values: names
        ) { queues.state(of: $0).map { $0.access == .paused ? 1 : 0 } }
        addModels(queues, models.choices.filter { queues.state(of: $0.provider.name) != nil })
    }

    @Loop private func addModels(_ queues: ProviderQueues, _ models: [ModelChoice]) {
        let access = { @Loop (id: String) -> ProviderState.Access? in
            let model = models.first { $0.id == id }
            return model.flatMap { queues.state(of: $0.provider.name)?.access(to: $0.model) }
        }
        let ids = models.map(\.id)
        guard !ids.isEmpty else { return }
        gauge(
            "berth_model_breaker_open",
            help: "Whether a model's circuit breaker is open: 1 or 0.",
            label: "model",
            values: ids
        ) { access($0).map { $0 == .failing ? 1 : 0 } }
        gauge(
            "berth_model_paused",
            help: "Whether a provider has asked for a pause of a model: 1 or 0.",
            label: "model",
            values: ids
        ) { access($0).map { $0 == .paused ? 1 : 0 } }
    }
}
