/// The failure to deliver a part of a reply.
///
/// Reasons are for the operator and hold nothing of a conversation.
package enum DeliveryError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The same may succeed later: after `wait`, or else after the courier's own back-off.
    case later(String, wait: Duration? = nil)
    /// The channel takes nothing for the place for this time. No attempt is counted.
    case postponed(String, Duration)
    /// The part may have been delivered, and no answer says so.
    ///
    /// If the channel's server has answered at all, it is sent again after the courier's own
    /// back-off, else once more.
    case unsure(String, hasAnswer: Bool)
    /// The chat cannot be written to, so that all parts that wait for it are given up.
    case unreachable(String)
    /// The chat has a new name, to which its conversations and parts are moved.
    case moved(to: String)
    /// The channel will never take it, for example because the chat has blocked the bot.
    case never(String)
    /// The service stops. The part is delivered at the next start.
    case stopping

    package var description: String {
        switch self {
        case .later(let reason, _), .never(let reason), .postponed(let reason, _),
            .unsure(let reason, _), .unreachable(let reason):
            reason
        case .moved: "the chat has a new name"
        case .stopping: "the service is being stopped"
        }
    }
}
