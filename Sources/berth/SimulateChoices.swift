import BerthConfig
import BerthMemory

/// Arguments of `berth simulate`.
struct SimulateChoices: Equatable {
    var users = 50
    /// The time during which users ask, in seconds.
    var seconds = 30
    var seed = 1
    /// The share of users who make pictures, in percent.
    var pictures = 0
    /// Users of Telegram beside the others.
    var telegram = 0
    /// Whether service and users run in this process, in virtual time.
    var isVirtual = false
    /// The share of the provider's answers that fail in virtual time, in percent.
    var faults = 0
    /// A running service; nil to start one.
    var url: WebURL?
    /// `memory.limit` of the service that it starts; nil for the default.
    var limit: ByteCount?
    /// `cache.memory` of the service that it starts; nil for the default.
    var cache: ByteCount?
}
