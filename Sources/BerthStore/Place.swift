/// The place of a conversation on a channel, such as a Telegram chat and topic.
package struct Place: Hashable, Sendable {
    /// The channel that carries the messages.
    package let channel: ChannelName
    /// The channel's own name for the chat.
    ///
    /// "" on a channel without chats.
    package let chat: String
    /// The channel's own name for the topic within the chat.
    ///
    /// "" where there is none.
    package let topic: String

    /// Names a place.
    ///
    /// Without a chat any number of conversations may have it.
    package init(channel: ChannelName, chat: String = "", topic: String = "") {
        self.channel = channel
        self.chat = chat
        self.topic = topic
    }
}

extension Place {
    /// Reads the columns channel, chat and topic from `column` on.
    init(_ row: borrowing Row, from column: Int32) throws(StoreError) {
        channel = try row.word(column)
        chat = row.text(column + 1)
        topic = row.text(column + 2)
    }
}
