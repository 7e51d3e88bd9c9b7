/// The key of an update that a channel's server has sent to one of its bots.
package struct ChannelUpdate: Hashable, Sendable {
    /// The bot's id.
    package let bot: Int
    /// The server's own number of the update, by which a repetition is recognized.
    package let number: Int

    /// Names an update.
    package init(bot: Int, number: Int) { (self.bot, self.number) = (bot, number) }
}

/// An update that was received, and that is not finished.
package struct StoredUpdate: Equatable, Sendable {
    /// Its key.
    package let key: ChannelUpdate
    /// The update as it came.
    package let body: [UInt8]
    /// Its place in the order of arrival, or 0 before it is stored.
    package let order: Int64

    /// Makes an update that is to be stored.
    package init(_ key: ChannelUpdate, body: [UInt8]) {
        self.init(key, body: body, order: 0)
    }

    init(_ key: ChannelUpdate, body: [UInt8], order: Int64) {
        (self.key, self.body, self.order) = (key, body, order)
    }
}
