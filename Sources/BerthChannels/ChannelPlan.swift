package import BerthBot
import BerthLoop
package import BerthStore
package import BerthTelemetry

/// A channel that delivers from the outbox, before there is a bot for it.
///
/// The bot must know the form of its replies from the start, because the turns of the last run go
/// on while it is made.
package struct ChannelPlan: Sendable {
    /// The channel's name.
    package let name: ChannelName
    /// The form of its replies.
    package let replies: any ReplyParts
    /// Makes the channel.
    package let make: @Loop @Sendable (Bot, Surroundings) throws -> any Channel

    /// Plans a channel.
    package init(
        name: ChannelName,
        replies: any ReplyParts,
        make: @escaping @Loop @Sendable (Bot, Surroundings) throws -> any Channel
    ) {
        self.name = name
        self.replies = replies
        self.make = make
    }
}
