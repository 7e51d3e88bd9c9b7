/// The failure to deliver a part of a reply.
///
/// Reasons are for the operator and hold nothing of a conversation.
package enum DeliveryError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The same may succeed later: after `wait`, or else after the courier's own back-off.
    case later(String, wait: Duration? = nil)
    /// The channel will never take it, for example because the chat has blocked the bot.
    case never(String)
    /// The service stops. The part is delivered at the next start.
    case stopping

    package var description: String {
        switch self {
        case .later(let reason, _), .never(let reason): reason
        case .stopping: "the service is being stopped"
        }
    }
}
