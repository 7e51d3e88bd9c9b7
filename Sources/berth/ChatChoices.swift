import BerthConfig
import BerthMemory
import BerthTelemetry

/// Arguments of `berth chat`.
struct ChatChoices: Equatable {
    /// The credential of the user.
    enum Identity: Equatable {
        /// An API key, over HTTP.
        case key(Secret)
        /// A tenant's name, for the admin socket.
        case tenant(String)
    }

    var identity: Identity
    /// The service's URL; nil for the configured one, and for ``Identity/tenant(_:)``.
    var url: WebURL?
    /// The model; nil for `berth`, which means the configured models in order.
    var model: String?
}
