import BerthConfig
import BerthMemory
import BerthTelemetry

/// A verb with its arguments.
enum Command: Equatable {
    case serve(ServeChoices)
    case chat(ChatChoices)
    /// One question, as typed.
    case ask(ChatChoices, text: String)
    case tenant(TenantAction)
    case quota(QuotaAction)
    case cache(CacheAction)
    case queue(QueueAction)
    case memory(MemoryChoices)
    /// The files of a tenant, as typed, or of all.
    case files(String?)
    case cleanup(CleanupChoices)
    case config(ConfigAction)
    /// With `asks`, every model gets a tiny question.
    case doctor(asks: Bool)
    case usage(UsageChoices)
    case simulate(SimulateChoices)
    case fake(FakeChoices)
    case version
    /// Help about the verb or group of ``Verb/all`` with these words, or the overview if there are
    /// none.
    case help([String])
}

/// Arguments of `berth cache`.
enum CacheAction: Equatable {
    case stats
    case flush
    case warm
}

/// Arguments of `berth queue`.
enum QueueAction: Equatable {
    case show
    case failed
    /// Retries a turn. The id is as typed, and the service checks it.
    case retry(String)
    case turns
    case calls
    /// Ends a turn or an API call. The id is as typed.
    case end(String)
    /// Resumes a provider, or a model as `provider/model`, as typed.
    case resume(String)
}

/// Arguments of `berth config`.
enum ConfigAction: Equatable {
    case check
    case show
}

/// Arguments of `berth cleanup`.
struct CleanupChoices: Equatable {
    /// Whether the files of the plan are deleted.
    var apply = false
    /// The tenant whose files alone are looked at, as typed.
    var tenant: String?
    /// The time without use, in the form of a configuration file.
    var olderThan: String?
}
