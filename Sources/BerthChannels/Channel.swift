package import BerthHTTP
package import BerthLoop
package import BerthStore

/// A way in which messages reach the bot and replies reach people.
///
/// A channel either lets its clients read a turn's log as the answer comes, as the web and the
/// terminal do, or has finished replies delivered from the outbox, as a messenger does.
@Loop package protocol Channel: AnyObject {
    /// The channel's name in places.
    nonisolated var name: ChannelName { get }
    /// The routes that it serves on the public address.
    var routes: [Route] { get }
    /// The parts that run with the service, such as a poller for messages.
    var services: [any Service] { get }
    /// Whether replies are delivered by ``deliver(_:)``.
    ///
    /// If not, the channel's turns have no outbox rows and its clients read their logs.
    nonisolated var usesOutbox: Bool { get }

    /// Delivers a part of a reply.
    ///
    /// Parts of one place come one after the other, those of several places at once. A part may come
    /// a second time if the process was killed before its delivery was recorded
    /// (``OutboxPart/begun``).
    ///
    /// - Returns: the channel's id of the message, or nil if it has none.
    /// - Throws: ``DeliveryError``. The channel itself limits the time that this takes.
    func deliver(_ attempt: DeliveryAttempt) async throws(DeliveryError) -> String?
}

extension Channel {
    /// No services.
    package var services: [any Service] { [] }
    /// The channel's clients read the turns' logs.
    package nonisolated var usesOutbox: Bool { false }

    /// Refuses, because the channel has no outbox.
    package func deliver(_ attempt: DeliveryAttempt) async throws(DeliveryError) -> String? {
        throw .never("the channel \(name.rawValue) delivers nothing")
    }
}
