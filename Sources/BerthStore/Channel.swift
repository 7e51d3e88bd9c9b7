/// A way in which messages reach the bot.
package enum Channel: String, SQLConvertible, CaseIterable, Sendable {
    case web
    case terminal
    case telegram
}
