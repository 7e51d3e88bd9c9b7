import BerthBot
import BerthConfig
import BerthHTTP
import BerthLoop
import BerthStore
import BerthTelemetry

/// The parts of one Telegram bot: its client, its plan of calls, and what it shows now.
@Loop final class TelegramBot {
    /// The bot's settings.
    let settings: Configuration.Telegram
    /// The bot's calls.
    let client: TelegramClient
    /// The plan of the calls.
    let budget: SendBudget
    /// Whether it receives.
    let standing: TelegramStanding
    /// The previews of answers that are being written, by their turns.
    var previews: [Turn.ID: TelegramPreview] = [:]
    /// Whether the server does not know drafts.
    var lacksDrafts = false

    init(
        _ settings: Configuration.Telegram,
        over network: any HTTPSending,
        counting metrics: TelegramMetrics,
        in surroundings: Surroundings
    ) {
        self.settings = settings
        client = TelegramClient(settings, over: network, counting: metrics, in: surroundings)
        budget = SendBudget(settings.limits, in: surroundings)
        standing = TelegramStanding(settings, in: surroundings)
        metrics.show(budget, of: settings.name)
    }

    /// The bot's name in logs and metrics.
    var name: String { settings.name }

    /// The place of a chat or topic.
    func place(_ chat: Int, _ topic: Int?) -> TelegramPlace {
        TelegramPlace(bot: settings.id, chat: chat, topic: topic)
    }

    /// Takes what a failure says about the chat or the bot.
    func note(_ failure: TelegramFailure, in chat: Int) {
        switch failure {
        case .flood(let wait): budget.flooded(chat, for: wait)
        case .badToken(let words): standing.fail(words)
        case .migrated(let other): budget.migrated(chat, to: other)
        default: break
        }
    }

    /// Sends a text that is not kept in the outbox, because nobody pays for it.
    ///
    /// It is sent once at most. A failure is logged and forgotten.
    ///
    /// - Parameters:
    ///   - text: a short text in Markdown.
    ///   - place: the chat.
    ///   - message: the message that is answered, or nil if it is not quoted.
    ///   - buttons: the rows of buttons under it.
    ///   - log: gets the failure.
    func say(
        _ text: String,
        at place: TelegramPlace,
        answering message: Int? = nil,
        buttons: [[TelegramButton]] = [],
        _ log: Log
    ) async {
        guard let slot = try? await budget.slot(in: place.chat, tenant: "") else { return }
        defer { budget.end(slot) }
        do throws(TelegramFailure) {
            // The words are short, so that they are one message.
            guard let part = TelegramText.parts(of: text).first else { return }
            let target = place.target(answering: message)
            _ = try await client.send(part, to: target, buttons: buttons)
        } catch {
            note(error, in: place.chat)
            log.warning(
                "a message to a person without access was not sent",
                ["bot": .text(name), "why": .describing(error)]
            )
        }
    }
}
