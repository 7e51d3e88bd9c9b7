/// The name of a channel, which is a way in which messages reach the bot.
package enum ChannelName: String, SQLConvertible, CaseIterable, Sendable {
    case web
    case terminal
    case telegram
    /// The OpenAI-compatible API.
    ///
    /// It has no conversations, so nothing in the database names it.
    case api
}
