import BerthLoop
package import BerthText

/// A question for updates.
package struct TelegramPoll: Equatable, Sendable {
    /// The first update that is wanted; nil for the first that waits.
    ///
    /// The server forgets all updates before it.
    package var offset: Int?
    /// The most updates of the answer, from 1 to 100.
    ///
    /// With 50, the longest messages fit into an answer.
    package var limit = 50
    /// The time to wait for an update in whole seconds, from 0 to ``longest``.
    package var seconds = TelegramPoll.longest

    /// The longest time for which Telegram lets a question wait.
    package static let longest = 50
    /// The time beyond ``seconds`` after which the connection counts as dead.
    static let grace = Duration.seconds(15)
    /// The time after which a question without an answer has failed.
    static let longestTime = Duration.seconds(longest) + grace

    /// Makes a question.
    package init(offset: Int?, limit: Int = 50, seconds: Int = TelegramPoll.longest) {
        (self.offset, self.limit, self.seconds) = (offset, limit, seconds)
    }
}

/// The bot's own user and rights.
package struct TelegramMe: Equatable, Sendable {
    /// The id, which is also that of the token.
    package let id: Int
    /// The user name without `@`.
    package let username: String
    /// Whether the bot can be added to groups.
    package let canJoinGroups: Bool
    /// Whether its privacy mode is off, so that it sees every message of a group.
    package let seesGroups: Bool

    /// Reads the result of `getMe`.
    ///
    /// - Throws: ``TelegramFailure/unknown(_:hasAnswer:)`` if it is none.
    package init(_ object: JSONObject) throws(TelegramFailure) {
        guard let id = object.integer("id"), let username = object.word("username") else {
            throw .unknown("the server's answer is not one of the Bot API", hasAnswer: true)
        }
        (self.id, self.username) = (id, username)
        canJoinGroups = object.boolean("can_join_groups") ?? false
        seesGroups = object.boolean("can_read_all_group_messages") ?? false
    }
}

/// The state of a bot's webhook.
package struct TelegramWebhook: Equatable, Sendable {
    /// The URL; empty if updates are polled.
    package let url: String
    /// The number of updates that wait.
    package let waiting: Int
    /// The time of the last failed delivery in seconds since 1970, or nil.
    package let lastError: Int?
    /// The words of that failure, in at most 200 bytes.
    package let lastWords: String?

    /// Reads the result of `getWebhookInfo`.
    package init(_ object: JSONObject) {
        url = object.word("url", most: 2_048) ?? ""
        waiting = max(0, object.integer("pending_update_count") ?? 0)
        lastError = object.integer("last_error_date")
        lastWords = object.word("last_error_message", most: 4_096)
            .map { HarmlessText.line($0).shortened(toBytes: 200) }
    }
}
