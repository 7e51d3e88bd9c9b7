import BerthConfig
import BerthMemory
import BerthTelemetry

/// Arguments of `berth memory`.
struct MemoryChoices: Equatable {
    /// The report or change that is asked for.
    enum Action: Equatable {
        case show
        /// One tenant's memory by purpose. The name is as typed.
        case tenant(String)
        /// A forecast for that many users.
        case forecast(Int)
        /// A new limit, in force until the next start.
        case limit(ByteCount)
    }

    var action = Action.show
    /// Whether to repeat the report every second until Ctrl-C.
    var watch = false
}
