package import BerthLoop
package import BerthTelemetry

/// Logs each reason for which a bot's updates are ignored once.
@Loop package final class TelegramIgnoredLog {
    private let bot: String
    private let log: Log
    private var known: Set<TelegramIgnored> = []

    /// The most reasons that are logged, because a name of a kind can be any text.
    package static nonisolated let most = 64

    /// Makes the log of the bot called `bot`.
    package init(_ bot: String, in surroundings: Surroundings) {
        (self.bot, log) = (bot, surroundings.log)
    }

    /// Notes an ignored update.
    package func note(_ reason: TelegramIgnored) {
        guard known.count < Self.most, known.insert(reason).inserted else { return }
        log.info(
            "updates from Telegram are ignored",
            ["bot": .text(bot), "why": .text(reason.description)]
        )
    }
}
